from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("actualiser/", views.refresh, name="refresh"),
    path("<str:table_name>.csv", views.table_csv, name="csv"),
]
