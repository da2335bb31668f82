from django.urls import path

from ideas.triage import pair_views, threshold_views, views

app_name = "triage"

urlpatterns = [
    path("", views.queue, name="queue"),
    path("<int:pk>/", views.review, name="review"),
    path("<int:pk>/publier/", views.publish, name="publish"),
    path("<int:pk>/preciser/", views.ask, name="ask"),
    path("<int:pk>/refuser/", views.decline, name="decline"),
    path("<int:pk>/fusionner/", views.merge, name="merge"),
    path("<int:pk>/separer/", views.undo_merge, name="undo_merge"),
    path("<int:pk>/annuler/", views.reopen, name="reopen"),
    path("doublons/<int:pk>/", pair_views.pair, name="pair"),
    path("<int:pk>/distinguer/<int:other>/", pair_views.tell_apart, name="tell_apart"),
    path("distinctions/<int:pk>/annuler/", pair_views.undo_verdict, name="undo_verdict"),
    path("ressemblance/", threshold_views.thresholds, name="thresholds"),
]
