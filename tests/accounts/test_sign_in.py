"""Signing in and out with a password: what is said, and what is not."""

import pytest


@pytest.mark.parametrize("login", ["awa", "awa@example.org", "nobody"])
def test_a_wrong_password_is_said_in_the_words_of_the_field(client, postwoman, login):
    page = client.post("/compte/login/", {"login": login, "password": "wrong"})
    assert "Wrong user name or password." in page.text


def test_signing_in_needs_no_message(client, postwoman):
    page = client.post("/compte/login/", {"login": "awa", "password": "secret"}, follow=True)
    assert page.wsgi_request.user == postwoman
    assert not page.context["messages"]


def test_whoever_signs_out_is_seen_off(client, postwoman):
    client.force_login(postwoman)
    page = client.post("/compte/logout/", follow=True)
    assert [str(message) for message in page.context["messages"]] == ["See you soon!"]


@pytest.mark.parametrize("address", ["signup/", "inactive/", "3rdparty/login/cancelled/"])
def test_what_leads_nowhere_leads_back(client, db, address):
    page = client.get(f"/compte/{address}")
    assert 'class="topbar' in page.text
    assert '<a class="button button--primary" href="/compte/login/">' in page.text
