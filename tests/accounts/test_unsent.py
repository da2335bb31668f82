"""A form that is posted after the session ended, or with a stale token, is given back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from community.models import Comment

HERE = "http://testserver"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WORDS = 'Un banc "large"\r\n<script>alert(1)</script> pour deux.'


@pytest.fixture
def idea(published, postwoman):
    return published(postwoman)


@pytest.fixture
def address(idea):
    return reverse("community:comment", args=[idea.pk])


@pytest.fixture
def stranger(db):
    """Signed out, and with tokens that are looked at."""
    client = Client(enforce_csrf_checks=True, headers={"Origin": HERE, **BROWSER})
    client.get(reverse("account_login"))
    return client


def post(stranger, address, data, token=None):
    token = token or stranger.cookies["csrf"].value
    return stranger.post(address, data | {"csrfmiddlewaretoken": token})


def test_signed_out_one_gets_back_what_was_typed(client, address):
    data = {"body": WORDS, "key": "k1", "about": ["a", "b"]}
    answer = client.post(f"{address}?from=list", data)
    assert answer.status_code == 401
    assert answer.context["address"] == f"{address}?from=list"
    sent = [("body", WORDS), ("key", "k1"), ("about", "a"), ("about", "b")]
    assert answer.context["fields"] == sent
    assert answer.context["typed"] == [WORDS]
    assert "<script>alert" not in answer.text
    assert 'name="key" value="k1"' in answer.text
    assert reverse("account_login") in answer.text


def test_a_script_is_told_and_keeps_what_is_on_its_page(client, address):
    answer = client.post(address, {"body": WORDS}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_nothing_of_it_is_kept_where_the_next_person_could_find_it(client, address, clerk):
    answer = client.post(address, {"body": WORDS})
    assert "no-store" in answer["Cache-Control"]
    assert not client.session.keys()
    client.force_login(clerk, backend="accounts.backends.StaffBackend")
    assert "deux." not in client.get(address).text


def test_it_can_be_sent_again_after_the_sign_in_without_scripts(stranger, address, clerk):
    stale = stranger.cookies["csrf"].value
    answer = post(stranger, address, {"body": WORDS})
    assert answer.status_code == 401
    who = {"login": clerk.username, "password": "secret"}
    assert post(stranger, reverse("account_login"), who).status_code == 302
    # The token in that page is the one from before the sign-in.
    answer = post(stranger, address, dict(answer.context["fields"]), token=stale)
    assert answer.status_code == 403
    assert not Comment.objects.exists()
    answer = post(stranger, address, dict(answer.context["fields"]))
    assert answer.status_code == 302
    assert Comment.objects.get().author == clerk


def test_no_other_site_puts_words_beside_our_button(address, signed_in, clerk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk, backend="accounts.backends.StaffBackend")
    for headers in ({}, {"Origin": "null"}, {"Origin": "https://elsewhere.example"}):
        answer = client.post(address, {"body": WORDS}, headers=headers)
        assert answer.status_code == 403
        assert "deux." not in answer.text


def test_a_password_is_never_written_into_a_page(stranger):
    data = {"login": "awa le goff", "password": "a secret word"}
    answer = post(stranger, reverse("account_login"), data, token="x" * 32)
    assert answer.status_code == 403
    assert "secret word" not in answer.text
    answer = post(stranger, reverse("account_change_password"), {"oldpassword": "a secret word"})
    assert answer["Location"].startswith(reverse("account_login"))


def test_a_file_is_asked_for_again(client, address):
    file = SimpleUploadedFile("quai.jpg", b"...", "image/jpeg")
    text = client.post(address, {"body": WORDS, "photo": file}).text
    assert '<input id="file-photo" type="file" name="photo">' in text
    assert 'enctype="multipart/form-data"' in text


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        (f"{HERE}/idees/7/?x=1", "/idees/7/%3Fx%3D1"),
        ("https://elsewhere.example/idees/7/", "/"),
        ("", "/"),
    ],
)
def test_with_nothing_filled_in_one_is_led_back_to_the_page(client, referer, page):
    headers = {"Referer": referer} if referer else {}
    answer = client.post(reverse("community:follow", args=[7]), headers=headers)
    assert answer["Location"] == f"{reverse('account_login')}?next={page}"


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("/moderation/7/refuser/", "/moderation/7/"),
        ("/moderation/7/distinguer/8/", "/moderation/7/"),
        ("/moderation/distinctions/7/annuler/", "/moderation/"),
        ("/idees/7/meme-idee/", "/idees/7/"),
        ("/idees/proposer/semblables/", "/idees/proposer/"),
        ("/projets/adopter/7/", "/"),
        ("/nouvelles/lues/", "/nouvelles/"),
    ],
)
def test_a_browser_is_led_on_where_only_forms_are_taken(signed_in, moderator, below, above):
    client = signed_in(moderator)
    assert client.get(below, headers=BROWSER)["Location"] == above
    assert client.get(below).status_code == 405


def test_the_language_can_be_changed_on_a_page_that_answers_a_form(signed_in, moderator, submit):
    idea = submit(moderator)
    address = reverse("triage:decline", args=[idea.pk])
    client = signed_in(moderator)
    assert client.post(address, {"version": idea.version}).status_code == 422
    data = {"next": address, "language": "en"}
    answer = client.post(reverse("set_language"), data, headers=BROWSER, follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == reverse("triage:review", args=[idea.pk])
