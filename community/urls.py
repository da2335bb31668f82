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
    path("nouvelles/", views.notifications, name="notifications"),
    path("nouvelles/lues/", views.mark_read, name="mark_read"),
    path("nouvelles/<int:event>/", views.read, name="read"),
]
