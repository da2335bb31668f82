"""Single sign-on, walked from the button to the page asked for, with a provider over HTTP."""

import copy
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.accounts.conftest import CALLBACK, app, browser, button, come_back, sent_to

AWA = {"sub": "8f2c", "preferred_username": "awa", "given_name": "Awa", "family_name": "Le Goff"}
NEW = {
    "sub": "77ab",
    "preferred_username": "C4711",
    "given_name": "Chloé",
    "family_name": "Bernard",
    "email": "chloe.bernard@example.org",
    "site": "Q29000",
    "groups": ["administrator"],
}


@pytest.fixture
def open_to_all(settings):
    settings.OIDC_CREATES_ACCOUNTS = True
    settings.OIDC_ENTITY_CLAIM = "site"


def who(page) -> User | None:
    user = page.wsgi_request.user
    return user if user.is_authenticated else None


def refused(page, words: str) -> bool:
    """A page of the product with the way back, in English, and nobody signed in."""
    assert page.status_code == 403
    assert who(page) is None
    assert 'class="topbar' in page.text
    assert 'href="/compte/login/"' in page.text
    return words in page.text


# --- Who is in the directory -----------------------------------------------------------------
def test_the_first_sign_in_finds_the_person_of_the_directory(sign_in, postwoman):
    page = sign_in("/idees/proposer/", **AWA)
    assert who(page) == postwoman
    assert page.redirect_chain[-1] == ("/idees/proposer/", 302)
    assert not page.context["messages"]
    link = SocialAccount.objects.get()
    assert (link.provider, link.uid, link.user) == ("company", "8f2c", postwoman)
    # Of what the provider tells, what is used is kept.
    assert link.extra_data == {"preferred_username": "awa"}


def test_the_second_sign_in_needs_no_staff_number(sign_in, postwoman):
    sign_in(**AWA)
    assert who(sign_in(sub="8f2c")) == postwoman
    assert SocialAccount.objects.count() == 1


def test_another_claim_may_hold_the_staff_number(sign_in, postwoman, settings, provider):
    settings.OIDC_STAFF_NUMBER_CLAIM = "employee"
    assert refused(sign_in(**AWA), "staff number that we can read")
    assert who(sign_in(sub="8f2c", employee="awa")) == postwoman


def test_a_claim_may_stand_in_the_token_alone(client, provider, postwoman):
    provider.token, provider.userinfo = AWA, {"sub": "8f2c"}
    assert who(come_back(client, sent_to(client, button(client)))) == postwoman


def test_without_a_page_asked_for_it_is_home(sign_in, postwoman):
    assert sign_in(**AWA).redirect_chain[-1] == ("/", 302)


def test_no_sign_in_leads_to_another_site(sign_in, postwoman):
    page = sign_in("https://elsewhere.example/", **AWA)
    assert who(page) == postwoman
    assert page.redirect_chain[-1] == ("/", 302)


def test_a_staff_number_may_be_a_number(sign_in, postwoman):
    User.objects.filter(pk=postwoman.pk).update(username="4711")
    assert who(sign_in(sub="8f2c", preferred_username=4711)) == postwoman


def test_the_password_goes_on_opening_a_linked_account(client, sign_in, postwoman):
    sign_in(**AWA)
    page = client.post("/compte/login/", {"login": "awa", "password": "secret"}, follow=True)
    assert who(page) == postwoman


# --- Who is not let in -------------------------------------------------------------------------
def test_a_closed_account_stays_closed(sign_in, postwoman):
    User.objects.filter(pk=postwoman.pk).update(is_active=False)
    page = sign_in(**AWA)
    assert page.redirect_chain[-1][0] == "/compte/inactive/"
    assert "Your account is closed" in page.text
    assert 'href="/compte/login/"' in page.text
    assert who(page) is None
    assert not SocialAccount.objects.exists()
    assert not User.objects.get(pk=postwoman.pk).is_active


def test_an_account_closed_since_stays_closed(sign_in, postwoman):
    sign_in(**AWA)
    User.objects.filter(pk=postwoman.pk).update(is_active=False)
    page = sign_in(**AWA)
    assert "Your account is closed" in page.text
    assert who(page) is None


def test_an_unknown_person_is_told_so(sign_in, postwoman, caplog):
    page = sign_in(**NEW)
    assert refused(page, "no account here for the staff number C4711")
    assert not User.objects.filter(username="C4711").exists()
    assert not SocialAccount.objects.exists()
    assert "Single sign-on refused: unknown, 'C4711'" in caplog.text


@pytest.mark.parametrize("number", [None, "", "  ", ["awa"], {"awa": 1}])
def test_without_a_staff_number_nobody_is_let_in(sign_in, postwoman, open_to_all, number):
    page = sign_in(sub="8f2c", preferred_username=number, email="awa@example.org")
    assert refused(page, "staff number that we can read")
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("creates", [True, False])
def test_an_address_alone_opens_nobodys_account(sign_in, postwoman, settings, creates):
    settings.OIDC_CREATES_ACCOUNTS = creates
    page = sign_in(**NEW | {"email": "AWA@example.org", "email_verified": True})
    assert refused(page, "C4711")
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_two_of_the_provider_cannot_be_one_person(sign_in, postwoman):
    sign_in(**AWA)
    assert refused(sign_in(**AWA | {"sub": "another"}), "already linked")
    assert SocialAccount.objects.get().uid == "8f2c"


def test_a_link_can_be_forgotten(sign_in, postwoman, clerk, capsys):
    sign_in(**AWA)
    sign_in(sub="b", preferred_username="bruno")
    call_command("unlink_sso", "awa")
    assert "1 links removed." in capsys.readouterr().out
    assert SocialAccount.objects.get().user == clerk
    assert who(sign_in(**AWA | {"sub": "another"})) == postwoman
    call_command("unlink_sso", all=True)
    assert not SocialAccount.objects.exists()
    with pytest.raises(CommandError):
        call_command("unlink_sso")


def test_only_the_provider_of_the_company_is_believed(
    client, provider, postwoman, settings, open_to_all
):
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    providers["openid_connect"]["APPS"] = [app(provider.address, "elsewhere")]
    settings.SOCIALACCOUNT_PROVIDERS = providers
    provider.says(**AWA)
    parts = urlsplit(sent_to(client, button(client)))
    page = client.get(parts.path, dict(parse_qsl(parts.query)))
    assert "Accounts are not opened here" in page.text
    assert 'href="/compte/login/"' in page.text
    assert not SocialAccount.objects.exists()


def test_who_is_signed_in_cannot_link_another_persons_sign_in(
    provider, postwoman, clerk, signed_in, open_to_all
):
    """Else whoever finds a colleague's session open has their account for ever."""
    client = signed_in(postwoman)
    connect = "/compte/oidc/company/login/?process=connect"
    provider.says(sub="b", preferred_username="bruno")
    come_back(client, sent_to(client, connect))
    assert SocialAccount.objects.get(uid="b").user == clerk
    provider.says(**NEW)
    come_back(client, sent_to(client, connect))
    assert not postwoman.socialaccount_set.exists()


# --- Accounts made by the first sign-in ----------------------------------------------------------
def test_an_account_can_be_made(sign_in, quimper, open_to_all):
    page = sign_in("/idees/", **NEW)
    person = who(page)
    assert page.redirect_chain[-1] == ("/idees/", 302)
    assert (person.username, str(person)) == ("C4711", "Chloé Bernard")
    assert (person.email, person.entity) == ("chloe.bernard@example.org", quimper)
    assert not person.has_usable_password()
    assert not person.is_superuser
    assert not person.groups.exists()
    assert who(sign_in(**NEW)) == person
    assert User.objects.count() == 1


@pytest.mark.parametrize("site", ["Q99999", None, "", ["Q29000"]])
def test_a_place_that_is_not_known_is_none(sign_in, quimper, open_to_all, site):
    assert who(sign_in(**NEW | {"site": site})).entity is None


def test_no_claim_says_where_one_works_unless_it_is_named(sign_in, quimper, open_to_all, settings):
    settings.OIDC_ENTITY_CLAIM = ""
    assert who(sign_in(**NEW)).entity is None


@pytest.mark.parametrize("verified", [False, "false"])
def test_an_address_that_is_not_verified_is_left_out(sign_in, open_to_all, verified):
    assert who(sign_in(**NEW | {"email_verified": verified})).email == ""


def test_a_staff_number_in_other_letters_makes_no_second_account(sign_in, postwoman, open_to_all):
    assert refused(sign_in(**AWA | {"preferred_username": "AWA"}), "too much like it")
    assert User.objects.get() == postwoman


@pytest.mark.parametrize("number", ["a number / of none", "9" * 151])
def test_what_is_no_staff_number_makes_no_account(sign_in, open_to_all, number):
    assert refused(sign_in(**NEW | {"preferred_username": number}), "that we can read")
    assert not User.objects.exists()


# --- What goes wrong on the way ------------------------------------------------------------------
def failed(page) -> bool:
    assert page.status_code == 401
    assert who(page) is None
    assert 'class="topbar' in page.text
    assert 'href="/compte/login/"' in page.text
    return "The sign-in did not work" in page.text


def test_a_forged_state_is_refused(client, provider, postwoman):
    """Else a link could sign somebody in as whoever made it."""
    provider.says(**AWA)
    address = sent_to(client, button(client))
    forged = re.sub("state=[^&]+", "state=0123456789abcdef", address)
    assert failed(come_back(client, forged))
    # The state of another browser is no better.
    assert failed(come_back(browser(), address))
    assert who(come_back(client, address)) == postwoman


def test_an_answer_counts_once(client, provider, postwoman):
    provider.says(**AWA)
    address = sent_to(client, button(client))
    come_back(client, address)
    client.post("/compte/logout/")
    assert failed(come_back(client, address))


@pytest.mark.parametrize("userinfo", [{"sub": "another"}, {"sub": ""}, {}])
@pytest.mark.parametrize("token", [{}, AWA])
def test_two_answers_about_two_people_are_refused(client, provider, postwoman, token, userinfo):
    provider.token, provider.userinfo = token, AWA | userinfo if userinfo else {}
    page = come_back(client, sent_to(client, button(client)))
    if token and not userinfo:
        assert who(page) == postwoman
    else:
        assert failed(page)


def test_who_changes_their_mind_is_told_so(client, provider):
    provider.refuses = "access_denied"
    page = come_back(client, sent_to(client, button(client)))
    assert "You did not sign in" in page.text
    assert 'href="/compte/login/"' in page.text


def test_what_the_provider_refuses_is_logged(client, provider, caplog):
    provider.refuses = "invalid_scope"
    assert failed(come_back(client, sent_to(client, button(client))))
    assert "Single sign-on failed: 'invalid_scope'" in caplog.text


def test_while_the_provider_is_away_a_page_says_so(client, provider, caplog):
    address = button(client)
    provider.shutdown()
    provider.server_close()
    assert failed(client.get(address))
    assert "Connection refused" in caplog.text


def test_no_form_can_lead_to_the_provider(client, provider):
    """Chromium would stop it: the security policy lets forms go nowhere but here."""
    page = client.get("/compte/login/")
    assert "form-action 'self'" in page["Content-Security-Policy"]
    assert "/oidc/" not in "".join(re.findall(r"<form[^>]*>", page.text))


def test_the_callback_is_where_the_operator_was_told(client, provider):
    address = dict(parse_qsl(urlsplit(client.get(button(client))["Location"]).query))
    assert address["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert address["code_challenge_method"] == "S256"
    assert set(address["scope"].split()) == {"openid", "profile", "email"}
