from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

_MISMATCH = _("Wrong user name or password.")


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from the staff directory or single sign-on, never from a form."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _MISMATCH,
        "email_password_mismatch": _MISMATCH,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
