from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and places")

    def ready(self) -> None:
        from accounts.roles import grant_permissions

        # Each app creates its permissions in its own turn, so the roles wait for the last one.
        *_others, last = (config for config in apps.get_app_configs() if config.models_module)
        post_migrate.connect(grant_permissions, sender=last, dispatch_uid="accounts.roles")
