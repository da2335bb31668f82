"""Saving searches."""

import contextlib
import threading

import pytest
from django.db import connection

from accounts.models import User
from community.models import Match, SavedSearch, saved_search
from ideas.listing import Listing
from ideas.models import Refused
from tests.community.looking import check


def test_a_search_is_saved_with_its_words_filters_and_order(keep, waiting, clerk):
    search = keep("q=banc+public&theme=waiting&sort=new")
    assert search.query == "q=banc+public&theme=waiting&sort=new"
    assert search.name == "banc public · Attente"
    assert search.person == clerk
    assert search.alerts


def test_a_long_search_has_a_name_that_fits(keep):
    assert len(keep("q=" + "b" * 200).name) == saved_search.LONGEST_NAME


@pytest.mark.parametrize(
    "again",
    ["theme=parcels&theme=waiting&q=vélo", "q=VELO&theme=waiting&theme=parcels&sort=new"],
)
def test_the_same_search_saved_twice_is_the_first_one(
    listing, keep, clerk, waiting, parcels, again
):
    first = keep("q=vélo&theme=waiting&theme=parcels", "Mes vélos")
    search, is_new = SavedSearch.keep(clerk, listing(again), "Autre nom")
    assert not is_new
    assert (search.pk, search.name) == (first.pk, "Mes vélos")
    assert clerk.saved_searches.count() == 1


def test_saved_again_in_another_order_it_has_that_order(keep):
    keep("q=vélo")
    assert keep("q=vélo&sort=discussed").listing().order == "discussed"


def test_two_people_save_the_same_search_each(keep, clerk, postwoman):
    assert keep().pk != keep(person=postwoman).pk


def test_the_list_of_all_ideas_is_no_search(listing, clerk, db):
    with pytest.raises(Refused, match="Saisissez des mots"):
        SavedSearch.keep(clerk, listing("sort=new"))


def test_no_more_than_thirty_are_saved(keep, monkeypatch):
    monkeypatch.setattr(saved_search, "MOST_PER_PERSON", 2)
    keep("q=un"), keep("q=deux")
    keep("q=un")
    with pytest.raises(Refused, match="2 recherches"):
        keep("q=trois")


def test_a_deleted_one_leaves_room_and_can_be_taken_back_while_there_is_room(keep, monkeypatch):
    monkeypatch.setattr(saved_search, "MOST_PER_PERSON", 1)
    first = keep("q=vélo")
    first.discard()
    second = keep("q=banc")
    with pytest.raises(Refused):
        first.restore()
    SavedSearch.objects.filter(pk=second.pk).delete()
    first.restore()
    assert SavedSearch.objects.kept().get() == first


def test_a_deleted_search_saved_again_comes_back_with_its_new_name(keep):
    first = keep("q=vélo", "Ancien")
    first.discard()
    again = keep("q=vélo", "Nouveau")
    assert (again.pk, again.name, again.deleted_at) == (first.pk, "Nouveau", None)


def test_deleting_another_one_forgets_the_one_deleted_before(keep, clerk):
    one, two = keep("q=vélo"), keep("q=banc")
    one.discard()
    two.discard()
    assert list(clerk.saved_searches.all()) == [two]


def test_searches_and_what_they_found_go_with_the_person(keep, published, postwoman, clerk):
    search = keep()
    published(postwoman, "Un banc")
    check()
    assert Match.objects.filter(search=search).exists()
    User.objects.filter(pk=clerk.pk).delete()
    assert not SavedSearch.objects.exists()
    assert not Match.objects.exists()


def save_at_once(person, listings) -> None:
    start = threading.Barrier(len(listings))

    def save(wanted: Listing) -> None:
        start.wait()
        with contextlib.suppress(Refused):
            SavedSearch.keep(person, wanted)
        connection.close()

    savers = [threading.Thread(target=save, args=[wanted]) for wanted in listings]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_savings_at_once_do_not_pass_the_limit(listing, clerk, monkeypatch):
    monkeypatch.setattr(saved_search, "MOST_PER_PERSON", 2)
    save_at_once(clerk, [listing(f"q=mot{n // 2}") for n in range(6)])
    assert clerk.saved_searches.count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_without_waiting_for_their_turn_they_would(listing, clerk, monkeypatch):
    """The control of the test above: the same without the lock."""
    monkeypatch.setattr(saved_search, "MOST_PER_PERSON", 2)
    monkeypatch.setattr(saved_search, "_wait_for_turn", lambda person: None)
    together, check_room = threading.Barrier(4), saved_search._check_room
    monkeypatch.setattr(
        saved_search, "_check_room", lambda person: (check_room(person), together.wait())
    )
    save_at_once(clerk, [listing(f"q=mot{n}") for n in range(4)])
    assert clerk.saved_searches.count() == 4
