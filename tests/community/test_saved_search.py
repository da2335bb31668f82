"""Saving searches, and being told of what comes."""

import contextlib
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from community import newcomers, searches
from community.models import Match, SavedSearch, saved_search
from community.tasks import look_out, sweep_searches
from config.celery import app as celery_app
from ideas.listing import Listing, Taxonomy
from ideas.models import Idea, Refused
from search import find as finding
from search.synonyms import Synonyms, forget

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def listing():
    """What an address lists: `listing("q=banc&theme=waiting")`."""
    return lambda query="q=banc": Listing.asked(QueryDict(query), Taxonomy.load())


@pytest.fixture
def keep(listing, clerk):
    """Save a search as the clerk: `keep("q=banc", "Bancs", person=…)`."""

    def save(query="q=banc", name="", person=clerk) -> SavedSearch:
        return SavedSearch.keep(person, listing(query), name)[0]

    return save


def told(person) -> list[str]:
    return [alert.sentence for alert in searches.alerts(person)]


def check() -> None:
    """What the clock does, whether tasks run here or wait for a worker."""
    for keys in SavedSearch.objects.due().in_batches():
        look_out(keys)


# --- Saving -----------------------------------------------------------------------------------


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


# --- What is new ------------------------------------------------------------------------------


def test_many_new_ideas_are_one_line(keep, published, postwoman, clerk):
    keep("q=banc", "bancs")
    for n in range(3):
        published(postwoman, f"Un banc numéro {n}")
    published(postwoman, "Un vélo")
    check()
    assert told(clerk) == [f"3 nouvelles idées pour «{NBSP}bancs{NBSP}»"]


def test_what_was_there_when_it_was_saved_is_not_new(keep, published, postwoman, clerk):
    published(postwoman, "Un banc")
    keep()
    check()
    assert told(clerk) == []


def test_looking_twice_tells_nobody_twice(keep, published, postwoman, clerk):
    search = keep()
    published(postwoman, "Un banc")
    check()
    SavedSearch.objects.all().look_out()
    assert Match.objects.count() == 1
    search.look()
    SavedSearch.objects.all().look_out()
    assert told(clerk) == []


@pytest.fixture
def in_process(settings):
    """Tasks run in the process that asks for them, as without a broker."""
    before = celery_app.conf.task_always_eager
    celery_app.conf.task_always_eager = settings.CELERY_TASK_ALWAYS_EAGER = True
    yield
    celery_app.conf.task_always_eager = before


@pytest.mark.usefixtures("in_process")
def test_the_tasks_find_what_is_due(keep, published, postwoman, clerk):
    keep()
    published(postwoman, "Un banc")
    sweep_searches()
    assert len(told(clerk)) == 1


@pytest.mark.usefixtures("in_process")
def test_without_a_broker_a_publication_is_when_to_look(keep, submit, postwoman, moderator, clerk):
    keep()
    idea = submit(postwoman, "Un banc")
    with TestCase.captureOnCommitCallbacks(execute=True):
        idea.publish(moderator)
    assert len(told(clerk)) == 1


def test_what_the_index_learns_late_is_told_all_the_same(keep, published, postwoman, clerk):
    """Its time of publication lies before the last check, as where an engine was repaired."""
    search = keep()
    idea = published(postwoman, "Un banc")
    earlier = timezone.now() - timedelta(hours=3)
    Idea.objects.filter(pk=idea.pk).update(published_at=earlier)
    SavedSearch.objects.filter(pk=search.pk).look_out()
    assert len(told(clerk)) == 1


def test_what_was_published_long_ago_is_not_new(keep, published, postwoman, clerk):
    search = keep()
    idea = published(postwoman, "Un banc")
    earlier = timezone.now() - 2 * saved_search.LOOKS_BACK
    Idea.objects.filter(pk=idea.pk).update(published_at=earlier)
    SavedSearch.objects.filter(pk=search.pk).look_out()
    assert told(clerk) == []


def test_filters_count_too(keep, published, postwoman, clerk, waiting, parcels):
    keep("theme=parcels", "Colis")
    published(postwoman, "Un banc")
    published(postwoman, "Un chariot", theme=parcels)
    check()
    assert [alert.new.count for alert in searches.alerts(clerk)] == [1]


def test_ideas_that_are_not_public_are_not_told(keep, submit, published, postwoman, clerk):
    keep()
    submit(postwoman, "Un banc en attente")
    withdrawn = published(postwoman, "Un banc retiré")
    check()
    withdrawn.withdraw(postwoman)
    assert told(clerk) == []


def test_an_idea_merged_meanwhile_is_not_told(keep, published, postwoman, moderator, clerk):
    keep()
    head, source = published(postwoman, "Un banc"), published(postwoman, "Des bancs")
    check()
    source.merge_into(head, moderator)
    assert [alert.new.count for alert in searches.alerts(clerk)] == [1]


def test_ones_own_ideas_are_not_news(keep, published, clerk):
    keep()
    published(clerk, "Un banc à moi")
    check()
    assert told(clerk) == []


def test_the_author_of_an_anonymous_idea_is_not_told_and_no_row_says_so(
    keep, published, clerk, postwoman
):
    own, other = keep(), keep(person=postwoman)
    idea = published(clerk, "Un banc caché", is_anonymous=True)
    check()
    assert told(clerk) == []
    assert len(told(postwoman)) == 1
    rows = {match.search_id: match.idea_id for match in Match.objects.all()}
    assert rows == {own.pk: idea.pk, other.pk: idea.pk}


def test_where_no_idea_has_the_words_nothing_is_told(keep, published, postwoman, clerk):
    """The list then shows what has one of them: that is no news for who asked for all."""
    keep("q=banc+chauffant")
    published(postwoman, "Un banc")
    check()
    assert told(clerk) == []


def test_a_corrected_word_is_not_what_was_asked_for(keep, published, postwoman, clerk):
    keep("q=chariiot")
    published(postwoman, "Un chariot")
    check()
    assert told(clerk) == []


@pytest.mark.parametrize(
    ("words", "tells"),
    [
        ("chariots électriques", True),
        ("chariot pliable", False),
        ("un chariot électrique et léger", True),
        ("chariot électrique léger rouge vert bleu", False),
        ("charrette électrique", True),
    ],
)
def test_most_words_must_be_there(keep, published, postwoman, clerk, words, tells):
    Synonyms.objects.create(words="chariot, charrette")
    forget()
    keep(f"q={words}")
    published(postwoman, "Un chariot électrique, plus léger")
    published(postwoman, "Un banc pliable, vert et bleu")
    check()
    assert bool(told(clerk)) is tells
    forget()


def test_operators_are_filters_of_the_search(keep, published, postwoman, clerk, parcels):
    search = keep("q=thème:colis+banc")
    assert (search.query, search.name) == ("q=banc&theme=parcels", "banc · Colis")
    published(postwoman, "Un banc")
    published(postwoman, "Un banc pour les colis", theme=parcels)
    check()
    assert [alert.new.count for alert in searches.alerts(clerk)] == [1]


def test_an_author_is_looked_for_without_their_anonymous_ideas(
    keep, published, postwoman, expert, clerk
):
    published(postwoman, "Un vélo")
    search = keep("q=auteur:awa")
    assert search.name == "Awa Le Goff"
    published(postwoman, "Un banc")
    published(postwoman, "Un banc caché", is_anonymous=True)
    published(expert, "Un banc de plus")
    check()
    assert [match.idea.title for match in search.matches.filter(seen=False)] == ["Un banc"]


def test_an_author_who_signs_nothing_any_more_is_not_looked_for(
    keep, published, postwoman, expert, clerk
):
    idea = published(postwoman, "Un vélo")
    search = keep("q=auteur:awa")
    idea.withdraw(postwoman)
    published(expert, "Un banc de plus")
    check()
    assert not search.is_whole(search.listing())
    assert told(clerk) == []


def test_what_could_not_be_followed_is_not_saved(keep, listing, clerk):
    assert keep("q=thème:xyz+banc").query == "q=banc"
    with pytest.raises(Refused):
        SavedSearch.keep(clerk, listing("q=thème:xyz"))


def test_a_phrase_and_an_unwanted_word_are_kept_to(keep, published, postwoman, clerk):
    keep('q="banc public" -rouge'.replace(" ", "+"))
    published(postwoman, "Un banc public")
    published(postwoman, "Un banc public rouge")
    published(postwoman, "Un public sur un banc")
    check()
    assert [alert.new.count for alert in searches.alerts(clerk)] == [1]


def test_without_alert_nothing_is_told_but_it_is_counted(keep, published, postwoman, clerk):
    keep().set_alerts(False)
    published(postwoman, "Un banc")
    check()
    assert told(clerk) == []
    assert [row.new.count for row in searches.rows(clerk)] == [1]


def test_a_filter_that_no_longer_exists_stops_the_search(
    keep, published, postwoman, clerk, parcels
):
    search = keep("theme=parcels")
    parcels.delete()
    published(postwoman, "Un banc")
    finding.cache.clear()
    check()
    assert told(clerk) == []
    search.refresh_from_db()
    assert [row.whole for row in searches.rows(clerk)] == [False]


def test_so_many_are_not_counted(keep, published, postwoman, clerk, monkeypatch):
    monkeypatch.setattr(saved_search, "MOST_NEW", 3)
    monkeypatch.setattr(searches, "MOST_NEW", 3)
    keep("q=banc", "bancs")
    for n in range(5):
        published(postwoman, f"Un banc numéro {n}")
    check()
    published(postwoman, "Encore un banc")
    check()
    assert Match.objects.count() == 3
    assert "plus de 2" in told(clerk)[0]


def test_what_was_seen_is_forgotten_once_it_cannot_be_found_anew(keep, published, postwoman):
    search = keep()
    idea = published(postwoman, "Un banc")
    search.look()
    assert Match.objects.get().seen
    Idea.objects.filter(pk=idea.pk).update(
        published_at=timezone.now() - 2 * saved_search.LOOKS_BACK
    )
    SavedSearch.objects.all().look_out()
    assert not Match.objects.exists()


# --- Many searches ----------------------------------------------------------------------------


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
