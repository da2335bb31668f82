from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_save
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = _("Projects")

    def ready(self) -> None:
        from wagtail.models import Revision
        from wagtail.signals import page_published

        from projects.models import ProjectPage
        from projects.site import check_scheduled, ensure_project_index, tell_ideas

        page_published.connect(tell_ideas, sender=ProjectPage, dispatch_uid="projects.tell")
        pre_save.connect(check_scheduled, sender=Revision, dispatch_uid="projects.scheduled")
        *_others, last = (config for config in apps.get_app_configs() if config.models_module)
        # After the roles (accounts), which are made by the same signal of the same sender.
        post_migrate.connect(ensure_project_index, sender=last, dispatch_uid="projects.site")
