from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from the staff directory or single sign-on, never from a form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
