"""Many saved searches at once: each asked for once, by whichever worker."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from community import newcomers
from community.models import Match, SavedSearch, saved_search
from search import find as finding
from tests.community.looking import check, told


def test_whoever_searches_for_the_same_shares_one_search(
    keep, published, postwoman, colleagues, monkeypatch
):
    for person in colleagues:
        keep(person=person)
    published(postwoman, "Un banc")
    asked = []
    monkeypatch.setattr(newcomers, "find", lambda query: asked.append(query) or finding.find(query))
    check()
    assert len(asked) == 1
    assert all(len(told(person)) == 1 for person in colleagues)


def test_each_search_is_checked_once_at_most(keep, published, postwoman, monkeypatch):
    keep("q=banc"), keep("q=vélo"), keep("q=chariot")
    published(postwoman, "Un banc")
    asked = []
    monkeypatch.setattr(
        newcomers, "find", lambda query: asked.append(query.text) or finding.find(query)
    )
    check()
    assert sorted(asked) == ["banc", "chariot", "vélo"]


def test_nothing_is_searched_while_nothing_is_published(keep, published, postwoman):
    published(postwoman, "Un banc")
    keep()
    later = timezone.now() + 2 * saved_search.SETTLES_AFTER
    SavedSearch.objects.update(checked_at=later)
    assert list(SavedSearch.objects.due()) == []


def test_searches_of_people_who_left_are_not_looked_after(keep, published, postwoman, clerk):
    keep()
    published(postwoman, "Un banc")
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert not SavedSearch.objects.due().exists()


def test_batches_hold_every_search_once(keep, published, postwoman, colleagues):
    for person in colleagues[:5]:
        keep("q=banc", person=person), keep("q=vélo", person=person)
    published(postwoman, "Un banc")
    batches = list(SavedSearch.objects.due().in_batches(size=3))
    assert [len(batch) for batch in batches] == [3, 3, 3, 1]
    assert sorted(pk for batch in batches for pk in batch) == sorted(
        SavedSearch.objects.values_list("pk", flat=True)
    )


def test_one_that_fails_stays_due_and_does_not_hold_up_the_others(
    keep, published, postwoman, clerk, monkeypatch
):
    keep("q=banc"), keep("q=chaise")
    published(postwoman, "Un banc et une chaise")

    def fails(query):
        if query.text == "banc":
            raise RuntimeError("The engine is being repaired.")
        return finding.find(query)

    monkeypatch.setattr(newcomers, "find", fails)
    due = SavedSearch.objects.due()
    assert due.look_out() == 1
    assert len(told(clerk)) == 1
    monkeypatch.undo()
    check()
    assert len(told(clerk)) == 2


def test_queries_grow_with_different_searches_not_with_people(
    keep, published, postwoman, colleagues
):
    def queries(people) -> int:
        for person in people:
            keep(person=person)
        published(postwoman, "Un banc")
        SavedSearch.objects.all().look_out()
        published(postwoman, "Un autre banc")
        with CaptureQueriesContext(connection) as asked:
            SavedSearch.objects.all().look_out()
        return len(asked)

    assert queries(colleagues[:2]) == queries(colleagues[2:])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(keep, published, postwoman, clerk):
    keep()
    published(postwoman, "Un banc")
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        SavedSearch.objects.all().look_out()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Match.objects.count() == 1
    assert len(told(clerk)) == 1
