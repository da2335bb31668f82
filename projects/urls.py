from django.urls import path

from projects import views

app_name = "projects"

urlpatterns = [
    path("adopter/<int:pk>/", views.adopt, name="adopt"),
]
