from django.urls import URLPattern, URLResolver, include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config import views
from ideas.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("ideas.urls")),
    path("moderation/", include("ideas.triage.urls")),
    path("", include("community.urls")),
    path("projets/", include("projects.urls")),
    path("rapports/", include("reports.urls")),
    path("demonstration/", include("demonstration.urls")),
    path("compte/", include("allauth.urls")),
    path("langue/", include("django.conf.urls.i18n")),
    path("style/", views.style, name="style"),
    path("healthz", views.healthz, name="healthz"),
    path("administration/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("media/images/<path:path>", views.page_image, name="page_image"),
    path("", include(wagtail_urls)),
]
