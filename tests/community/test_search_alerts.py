"""What a saved search tells its person: what came since, and nothing twice."""

from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone

from community import searches
from community.models import Match, SavedSearch, saved_search
from community.tasks import sweep_searches
from config.celery import app as celery_app
from ideas.models import Idea, Refused
from pieces import memory
from search.synonyms import Synonyms, forget
from tests.community.looking import check, told

NBSP = "\N{NO-BREAK SPACE}"


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
    memory.forget()
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
