"""Who saw an idea counts once; pages pay nothing for it; nobody can read who it was."""

import threading
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ideas import counts, impressions, ranking
from ideas.models import Audience, Idea, Seal, Vote
from search.models import Document

LIST = reverse("ideas:list")


def viewers(idea):
    return Idea.objects.get(pk=idea.pk).views


def gathered(idea):
    return impressions._gathered.get(idea.pk, set())


@pytest.fixture
def seen_by(monkeypatch):
    """`seen_by(idea, n)`: `n` further people see it."""
    number = iter(range(1_000_000, 9_000_000))

    def see(idea, many):
        marks = {impressions.mark_of(next(number)) for _ in range(many)}
        impressions.admit({idea.pk: marks})

    return see


# --- What counts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "look",
    [
        lambda client, idea: client.get(LIST),
        lambda client, idea: client.get(LIST, headers={"HX-Request": "true"}),
        lambda client, idea: client.get(reverse("home")),
        lambda client, idea: client.get(idea.get_absolute_url()),
    ],
    ids=["list", "fragment", "home", "page"],
)
def test_an_idea_is_seen_where_it_is_shown(published, postwoman, clerk, signed_in, look):
    idea = published(postwoman)
    look(signed_in(clerk), idea)
    assert len(gathered(idea)) == 1


def test_similar_ideas_are_seen(published, postwoman, clerk, signed_in, indexed):
    idea = published(postwoman, "Une borne à tickets dans le hall d’accueil")
    other = published(postwoman, "Une borne à tickets dans le hall du bureau")
    indexed()
    signed_in(clerk).get(reverse("ideas:alike", args=[idea.pk]))
    assert gathered(other)
    assert not gathered(idea)


def test_what_is_not_published_is_not_counted(submit, postwoman, moderator, signed_in):
    idea = submit(postwoman)
    signed_in(moderator).get(idea.get_absolute_url())
    assert not impressions._gathered


def test_the_same_person_counts_once_however_often_and_wherever(
    published, postwoman, clerk, signed_in
):
    idea, client = published(postwoman), signed_in(clerk)
    for _ in range(3):
        client.get(LIST)
        client.get(idea.get_absolute_url())
        impressions.flush()
    assert Audience.objects.viewers([idea.pk]) == {idea.pk: ranking.coarse(1)}
    assert len(Audience.objects.get(idea=idea).sketch) < 30


def test_viewers_are_counted_by_fives(published, postwoman, seen_by):
    idea = published(postwoman)
    seen_by(idea, 4)
    assert viewers(idea) == 0
    seen_by(idea, 1)
    assert viewers(idea) == 5


def test_a_person_who_saw_two_merged_ideas_counts_once(
    published, postwoman, clerk, moderator, colleagues
):
    head, source = published(postwoman), published(clerk)
    for person in colleagues[:8]:
        impressions.note(person, [head])
    for person in colleagues[4:]:
        impressions.note(person, [source])
    impressions.flush()
    assert (viewers(head), viewers(source)) == (5, 5)
    source.merge_into(head, moderator)
    assert (viewers(head), viewers(source)) == (10, 5)
    source.undo_merge(moderator)
    assert (viewers(head), viewers(source)) == (5, 5)


def test_a_view_noted_before_a_merge_and_written_after_it_counts_for_the_head(
    published, postwoman, clerk, moderator, colleagues
):
    head, source = published(postwoman), published(clerk)
    for person in colleagues[:5]:
        impressions.note(person, [source])
    source.merge_into(head, moderator)
    impressions.flush()
    assert (viewers(head), viewers(source)) == (5, 5)
    assert [found for _read, found in counts.differences()] == [[]]


def test_an_idea_that_is_gone_stops_nobody(published, postwoman, clerk):
    gone, idea = published(postwoman), published(postwoman)
    impressions.note(clerk, [gone, idea])
    Idea.objects.filter(pk=gone.pk).delete()
    impressions.flush()
    assert list(Audience.objects.values_list("idea", flat=True)) == [idea.pk]


# --- Authors --------------------------------------------------------------------------------------


def test_the_author_of_a_signed_idea_is_not_counted(published, postwoman, signed_in):
    idea, awa = published(postwoman), signed_in(postwoman)
    awa.get(LIST)
    awa.get(idea.get_absolute_url())
    assert not impressions._gathered


def test_the_author_of_an_anonymous_idea_is_noted_like_everybody(
    published, postwoman, clerk, signed_in
):
    """Whoever compared what two people saw on the same page would find the author by the gap."""
    idea, signed = published(postwoman, is_anonymous=True), published(clerk)
    signed_in(postwoman).get(LIST)
    assert gathered(idea) == gathered(signed) == {impressions.mark_of(postwoman.pk)}


def test_one_viewer_of_an_anonymous_idea_is_taken_off_for_its_author(published, postwoman, seen_by):
    signed, anonymous = published(postwoman), published(postwoman, is_anonymous=True)
    for idea in (signed, anonymous):
        seen_by(idea, 5)
    assert (viewers(signed), viewers(anonymous)) == (5, 0)
    seen_by(anonymous, 1)
    assert viewers(anonymous) == 5


def test_nothing_about_views_asks_who_wrote_an_anonymous_idea(
    published, postwoman, clerk, monkeypatch
):
    idea = published(postwoman, is_anonymous=True)
    monkeypatch.setattr(Seal, "is_of", None)
    monkeypatch.setattr("ideas.models.queryset.digest", None, raising=False)
    for person in (postwoman, clerk):
        impressions.note(person, [Idea.objects.get(pk=idea.pk)])
    impressions.flush()
    assert Audience.objects.filter(idea=idea).exists()


def test_without_the_key_marks_say_nothing(postwoman, settings):
    before = impressions.mark_of(postwoman.pk)
    settings.SEAL_KEYS = ["another"]
    assert impressions.mark_of(postwoman.pk) != before


# --- What it costs --------------------------------------------------------------------------------


def test_noting_asks_the_database_nothing(published, postwoman, clerk, django_assert_num_queries):
    ideas = [published(postwoman, f"Idée {n}") for n in range(20)]
    with django_assert_num_queries(0):
        impressions.note(clerk, ideas)


def flushed_queries():
    with CaptureQueriesContext(connection) as captured:
        impressions.flush()
    return len(captured)


def test_a_flush_takes_as_many_queries_however_many_ideas_were_seen(
    published, postwoman, colleagues
):
    ideas = [published(postwoman, f"Idée {n}") for n in range(12)]
    impressions.note(colleagues[0], ideas[:2])
    few = flushed_queries()
    impressions.note(colleagues[1], ideas)
    assert flushed_queries() <= few + 1


def test_search_is_told_when_the_coarse_number_changes_and_not_at_every_view(
    published, postwoman, seen_by
):
    idea = published(postwoman)
    document = Document.objects.filter(key=str(idea.pk))
    before = document.get().version
    for _ in range(30):
        seen_by(idea, 1)
    after = document.get()
    assert after.views in {25, 30}
    assert after.version - before == after.views // ranking.VIEWERS_STEP


def test_search_is_told_of_many_ideas_with_one_wake_up(
    published, postwoman, colleagues, django_capture_on_commit_callbacks
):
    ideas = [published(postwoman, f"Idée {n}") for n in range(6)]
    for person in colleagues:
        impressions.note(person, ideas)
    with (
        patch("search.models.engines.engine") as engine,
        patch.object(Document, "_wake") as wake,
    ):
        engine.return_value.reads_table = False
        with django_capture_on_commit_callbacks(execute=True):
            impressions.flush()
    assert wake.call_count == 1
    assert {viewers(idea) for idea in ideas} == {10}


def test_views_lower_what_is_best_backed_and_the_bonus(published, postwoman, clerk, seen_by):
    idea = published(postwoman)
    Vote.cast(idea, clerk)
    document = Document.objects.filter(key=str(idea.pk))
    before = document.get()
    seen_by(idea, 60)
    assert document.get().backed < before.backed
    assert document.get().exploration < before.exploration


# --- When it goes wrong ---------------------------------------------------------------------------


def test_what_cannot_be_written_now_is_written_later(published, postwoman, colleagues):
    idea = published(postwoman)
    for person in colleagues[:5]:
        impressions.note(person, [idea])
    with patch.object(Audience.objects, "bulk_create", side_effect=DatabaseError):
        impressions.flush()
    assert len(gathered(idea)) == 5
    impressions.flush()
    assert viewers(idea) == 5


def test_memory_is_bounded_while_nothing_can_be_written(published, postwoman, clerk, monkeypatch):
    monkeypatch.setattr(impressions, "MOST_IDEAS", 3)
    impressions.note(clerk, [published(postwoman, f"Idée {n}") for n in range(5)])
    assert len(impressions._gathered) == 3


def test_a_process_that_serves_pages_writes_by_itself(monkeypatch):
    written = threading.Event()
    monkeypatch.setattr(impressions, "SECONDS", 0.01)
    monkeypatch.setattr(impressions, "flush", written.set)
    thread = impressions._Thread()
    thread.start()
    running = thread.running
    thread.start()
    try:
        assert thread.running is running
        assert written.wait(5)
    finally:
        monkeypatch.setattr(impressions, "SECONDS", 0)
        impressions._ended.set()
        running.join(5)
        impressions._ended.clear()
