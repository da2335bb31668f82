"""Single sign-on: whose account it is that the company's provider vouches for."""

import logging
from collections.abc import Iterable
from typing import Any, cast

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthError, ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

from accounts.models import Entity, User

logger = logging.getLogger(__name__)

COMPANY = "company"


class Refused(Exception):
    """Somebody whom the provider knows and we do not let in; the page of that name says why."""

    def __init__(self, reason: str, number: str = "") -> None:
        super().__init__(reason, number)
        self.reason = reason
        self.number = number


def _texts(claims: dict[str, Any] | None) -> dict[str, str]:
    """Names and numbers; lists and objects are for others."""
    items = (claims or {}).items()
    return {name: str(value) for name, value in items if isinstance(value, str | int)}


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The company's provider; what its token and its directory say of a person is read as one."""

    package = OpenIDConnectProvider.get_package()

    def redirect(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return cast(HttpResponse, super().redirect(request, *args, **kwargs))
        except RequestException as error:
            page = render_authentication_error(request, self, exception=error)
            return cast(HttpResponse, page)

    def sociallogin_from_response(
        self, request: HttpRequest, response: dict[str, Any]
    ) -> SocialLogin:
        token, answer = (_texts(response.get(name)) for name in ("id_token", "userinfo"))
        claims = token | answer
        # OpenID Connect Core 5.3.2: an answer about somebody else must not be used.
        if not claims.get("sub") or (token and token.get("sub") != claims["sub"]):
            raise ProviderException("The provider does not say who it is, or says it in two ways.")
        if claims.get("email_verified", "").lower() == "false":
            claims.pop("email", None)
        return super().sociallogin_from_response(request, claims)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing is kept of what a provider tells that is of no use here."""
        used = (settings.OIDC_STAFF_NUMBER_CLAIM, settings.OIDC_ENTITY_CLAIM)
        return {name: data[name] for name in used if name in data}


class CompanyAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who signs in for the first time is who has that staff number in the directory.

    From then on the provider's own key of the person counts, `sub`, which it never gives twice.
    An address alone is no proof of anything.
    """

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing or sociallogin.account.provider != COMPANY:
            return
        try:
            link(request, sociallogin)
        except Refused as refused:
            logger.warning("Single sign-on refused: %s, %r", refused.reason, refused.number)
            page = render(request, "socialaccount/refused.html", {"refused": refused}, status=403)
            raise ImmediateHttpResponse(page) from refused

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str = AuthError.UNKNOWN,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """The page says little, and the person can do nothing about it: the operator can."""
        if error != AuthError.CANCELLED:
            said = exception or request.GET.get("error") or "no such state"
            logger.warning("Single sign-on failed: %r", said)


def link(request: HttpRequest, login: SocialLogin) -> None:
    """Tie whom the provider vouches for to their account, once and for all."""
    with transaction.atomic():
        person = _person_of(login)
        if not person.is_active:
            answer = get_account_adapter(request).respond_user_inactive(request, person)
            raise ImmediateHttpResponse(answer)
        # Their row is locked: of two tabs that come at once, the second finds what the first made.
        known, _new = SocialAccount.objects.get_or_create(
            provider=COMPANY, user=person, defaults={"uid": login.account.uid}
        )
        if known.uid != login.account.uid:
            raise Refused("linked", person.username)
    login.lookup()


def unlink(numbers: Iterable[str] | None = None) -> int:
    """Forget the provider's key of these people, or of everybody; answers how many."""
    links = SocialAccount.objects.filter(provider=COMPANY)
    if numbers is not None:
        links = links.filter(user__username__in=numbers)
    removed, _of_each = links.delete()
    return cast(int, removed)


def _person_of(login: SocialLogin) -> User:
    """The person of the directory with the staff number that the provider gives, locked."""
    number = login.account.extra_data.get(settings.OIDC_STAFF_NUMBER_CLAIM, "").strip()
    if not number:
        raise Refused("nameless")
    people = User.objects.select_for_update()
    if person := people.filter(username=number).first():
        return person
    if not settings.OIDC_CREATES_ACCOUNTS:
        raise Refused("unknown", number)
    person, _new = people.get_or_create(username=number, defaults=_newcomer(login, number))
    return person


def _newcomer(login: SocialLogin, number: str) -> dict[str, Any]:
    """What an account is opened with: no role, and no password to sign in with."""
    person = cast(User, login.user)
    person.username = number
    code = login.account.extra_data.get(settings.OIDC_ENTITY_CLAIM, "")
    person.entity = Entity.objects.filter(code=code).first()
    try:
        person.clean_fields()
    except ValidationError as error:
        raise Refused("nameless", number) from error
    same = Q(username__iexact=number)
    if person.email:
        same |= Q(email__iexact=person.email) | Q(emailaddress__email__iexact=person.email)
    if User.objects.filter(same).exists():
        raise Refused("taken", number)
    fields = ("first_name", "last_name", "email", "entity", "password")
    return {name: getattr(person, name) for name in fields}
