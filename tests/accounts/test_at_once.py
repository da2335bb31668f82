"""First sign-ins at the same time, on a server that lets them."""

import time
from threading import Thread

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection, transaction

from accounts.models import User
from tests.accounts.conftest import browser, button, come_back, sent_to

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def wait_until_all_wait(number: int) -> None:
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            # Within a transaction PostgreSQL goes on telling what it has told once.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] == number:
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def back_at_once(provider):
    """Who they are signed in as, that come back together: all wait for what `hold` holds."""

    def walk(hold, *people: dict[str, str]) -> list[str]:
        names, threads = [], []

        def back(client, address):
            try:
                names.append(come_back(client, address).wsgi_request.user.username)
            finally:
                connection.close()

        for claims in people:
            provider.says(**claims)
            client = browser()
            threads.append(Thread(target=back, args=(client, sent_to(client, button(client)))))
        with transaction.atomic():
            hold()
            for thread in threads:
                thread.start()
            wait_until_all_wait(len(threads))
            transaction.set_rollback(True)
        for thread in threads:
            thread.join()
        return sorted(names)

    return walk


def test_two_tabs_of_one_person(back_at_once, postwoman):
    awa = {"sub": "8f2c", "preferred_username": "awa"}
    hold = User.objects.select_for_update().get
    assert back_at_once(hold, awa, awa, awa) == ["awa"] * 3
    assert SocialAccount.objects.get().user == postwoman


def test_two_who_claim_one_staff_number(back_at_once, postwoman):
    claims = [{"sub": sub, "preferred_username": "awa"} for sub in "abc"]
    hold = User.objects.select_for_update().get
    assert back_at_once(hold, *claims) == ["", "", "awa"]
    assert SocialAccount.objects.get().user == postwoman


def test_two_tabs_of_one_newcomer(back_at_once, settings):
    settings.OIDC_CREATES_ACCOUNTS = True
    chloe = {"sub": "77ab", "preferred_username": "C4711", "email": "chloe@example.org"}

    def hold() -> None:
        User.objects.create(username="C4711")

    assert back_at_once(hold, chloe, chloe, chloe) == ["C4711"] * 3
    assert User.objects.get().username == "C4711"
