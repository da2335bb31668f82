from django.urls import path

from community import views

app_name = "community"

urlpatterns = [
    path("idees/<int:pk>/commentaires/", views.comments, name="comment"),
    path("idees/<int:pk>/suivre/", views.follow, name="follow"),
    path("commentaires/<int:pk>/", views.show_comment, name="show_comment"),
    path("commentaires/<int:pk>/reponses/", views.answers, name="answers"),
    path("commentaires/<int:pk>/repondre/", views.answer_comment, name="answer_comment"),
    path("commentaires/<int:pk>/modifier/", views.edit_comment, name="edit_comment"),
    path("commentaires/<int:pk>/supprimer/", views.remove_comment, name="remove_comment"),
    path("commentaires/<int:pk>/masquer/", views.hide_comment, name="hide_comment"),
    path("recherches/", views.searches, name="searches"),
    path("recherches/enregistrer/", views.save_search, name="save_search"),
    path("recherches/<int:pk>/", views.open_search, name="open_search"),
    path("recherches/<int:pk>/renommer/", views.rename_search, name="rename_search"),
    path("recherches/<int:pk>/alerte/", views.set_alerts, name="set_alerts"),
    path("recherches/<int:pk>/supprimer/", views.remove_search, name="remove_search"),
    path("nouvelles/", views.notifications, name="notifications"),
    path("nouvelles/lues/", views.mark_read, name="mark_read"),
    path("nouvelles/<int:event>/", views.read, name="read"),
]
