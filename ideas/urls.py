from django.urls import path

from ideas import views

app_name = "ideas"

urlpatterns = [
    path("idees/", views.idea_list, name="list"),
    path("idees/suggestions/", views.suggestions, name="suggest"),
    path("idees/proposer/", views.submit, name="submit"),
    path("idees/proposer/semblables/", views.similar, name="similar"),
    path("idees/proposer/lieux/", views.place_choices, name="places"),
    path("idees/brouillons/<uuid:key>/", views.draft, name="draft"),
    path("idees/brouillons/<uuid:key>/photo/", views.draft_photo, name="draft_photo"),
    path("idees/brouillons/<uuid:key>/supprimer/", views.discard, name="discard"),
    path("idees/brouillons/<uuid:key>/reprendre/", views.restore, name="restore"),
    path("idees/miennes/", views.mine, name="mine"),
    path("idees/<int:pk>/", views.detail, name="detail"),
    path("idees/<int:pk>/semblables/", views.alike_ideas, name="alike"),
    path("idees/<int:pk>/photo/", views.photo, name="photo"),
    path("idees/<int:pk>/soutenir/", views.vote, name="vote"),
    path("idees/<int:pk>/meme-idee/", views.back_instead, name="back_instead"),
    path("idees/<int:pk>/completer/", views.revise, name="revise"),
    path("idees/<int:pk>/retirer/", views.withdraw, name="withdraw"),
    path("recherche/etat/", views.search_state, name="search_state"),
    path("recherche/etat/comparer/", views.check_search, name="check_search"),
    path("recherche/etat/reprendre/", views.retry_refused, name="retry_refused"),
]
