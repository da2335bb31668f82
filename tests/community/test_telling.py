from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from community.models import Follow, Notification, Untold, mark_told, mark_untold
from community.models.audience import TOLD
from community.tasks import sweep, tell
from ideas.models import Event, Idea, Vote

Kind = Event.Kind


def told(kind: str) -> dict[str, str]:
    """Who was told of the last event of this kind, and because of what, by user name."""
    event = Event.objects.filter(kind=kind).latest("pk")
    rows = Notification.objects.filter(event=event)
    return dict(rows.values_list("person__username", "because"))


def test_the_author_is_told_of_the_publication_and_the_moderator_is_not(idea):
    sweep()
    assert told(Kind.PUBLISHED) == {"awa": "author"}


def test_those_who_back_or_follow_are_told_of_decisions(
    idea, clerk, expert, manager, moderator, say
):
    Vote.cast(idea, clerk)
    Follow.choose(idea, expert, wanted=True)
    say(idea, manager)
    idea.adopt(moderator)
    sweep()
    assert told(Kind.ADOPTED) == {
        "awa": "author",
        "bruno": "backer",
        "elias": "follower",
        "marie": "follower",
    }


def test_those_who_only_back_do_not_hear_every_word(idea, clerk, expert, manager, say):
    Vote.cast(idea, clerk)
    Follow.choose(idea, expert, wanted=True)
    say(idea, manager)
    sweep()
    assert told(Kind.COMMENTED) == {"awa": "author", "elias": "follower"}


def test_who_is_answered_is_told_so_once(idea, clerk, expert, say):
    top = say(idea, clerk)
    say(idea, expert, reply_to=top)
    sweep()
    assert told(Kind.COMMENTED) == {"awa": "author", "bruno": "answered"}


def test_who_asked_for_silence_gets_it(idea, clerk, moderator, say):
    Vote.cast(idea, clerk)
    Follow.choose(idea, clerk, wanted=False)
    idea.adopt(moderator)
    sweep()
    assert "bruno" not in told(Kind.ADOPTED)


def test_details_are_asked_of_the_author_alone(submit, postwoman, clerk, moderator):
    idea = submit(postwoman)
    idea.ask_details(moderator, "Où ?")
    sweep()
    assert told(Kind.DETAILS_ASKED) == {"awa": "author"}


def test_authors_of_merged_ideas_are_coauthors(merged, expert, moderator):
    source, head = merged
    Vote.cast(head, expert)
    head.adopt(moderator)
    sweep()
    assert told(Kind.MERGED) == {"bruno": "author"}
    assert told(Kind.ABSORBED) == {"awa": "author"}
    assert told(Kind.ADOPTED) == {"awa": "author", "bruno": "coauthor", "elias": "backer"}


def test_who_moves_with_an_idea_hears_of_it_once_and_not_of_the_way_back(
    merged, published, expert, moderator
):
    """Bruno's idea is merged into Awa's, which is merged into Elias's and separated again."""
    _source, head = merged
    end = published(expert, "Une file")
    sweep()
    Notification.objects.all().delete()
    head.merge_into(end, moderator)
    sweep()
    heard = Notification.objects.values_list("event__kind", "person__username")
    assert set(heard) == {("merged", "awa"), ("merged", "bruno"), ("absorbed", "elias")}
    Idea.objects.get(pk=head.pk).undo_merge(moderator)
    sweep()
    assert set(heard.filter(event__kind="unmerged")) == {("unmerged", "awa")}


def test_backers_of_a_merged_idea_hear_where_it_went(
    published, postwoman, clerk, expert, moderator
):
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    Vote.cast(source, expert)
    source.merge_into(head, moderator)
    sweep()
    assert told(Kind.MERGED) == {"bruno": "author", "elias": "backer"}


def test_backers_are_told_when_the_project_is_published(idea, clerk, moderator):
    Vote.cast(idea, clerk)
    idea.adopt(moderator)
    Event.record(idea, Kind.PROJECT_PUBLISHED, moderator, data={"project": 1})
    sweep()
    assert told(Kind.PROJECT_PUBLISHED) == {"awa": "author", "bruno": "backer"}


def test_the_actor_is_never_told(idea, postwoman, say):
    say(idea, postwoman)
    sweep()
    assert told(Kind.COMMENTED) == {}


def test_who_has_left_is_not_told(idea, clerk, moderator):
    Vote.cast(idea, clerk)
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    idea.adopt(moderator)
    sweep()
    assert "bruno" not in told(Kind.ADOPTED)


# --- Exactly once -------------------------------------------------------------------------------


def test_the_wake_up_tells_at_once(published, postwoman, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        published(postwoman)
    assert told(Kind.PUBLISHED) == {"awa": "author"}
    assert not Untold.objects.exists()


def test_a_lost_wake_up_is_found_by_the_sweep(idea):
    assert Untold.objects.count() == 1
    assert not Notification.objects.exists()
    sweep()
    assert told(Kind.PUBLISHED) == {"awa": "author"}


def test_a_broker_that_is_away_loses_nothing(
    published, postwoman, django_capture_on_commit_callbacks, caplog
):
    away = patch("community.tasks.tell.apply_async", side_effect=ConnectionError)
    with away, django_capture_on_commit_callbacks(execute=True):
        published(postwoman)
    assert "waits for the sweep" in caplog.text
    sweep()
    assert told(Kind.PUBLISHED) == {"awa": "author"}


def test_told_twice_changes_nothing(idea):
    event = Event.objects.get(kind=Kind.PUBLISHED)
    tell(event.pk)
    before = list(Notification.objects.values())
    tell(event.pk)
    sweep()
    sweep()
    assert list(Notification.objects.values()) == before


def test_killed_between_nothing_is_told_by_halves(idea):
    event = Event.objects.get(kind=Kind.PUBLISHED)
    killed = patch.object(Notification.objects, "bulk_create", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        Untold.tell(event.pk)
    assert Untold.objects.filter(event=event).exists()
    sweep()
    assert told(Kind.PUBLISHED) == {"awa": "author"}


def test_one_event_that_fails_does_not_hold_up_the_others(published, postwoman, clerk, caplog):
    first, second = published(postwoman, "Une"), published(clerk, "Deux")
    really = Untold.tell

    def tell_unless_first(event_id: int) -> bool:
        if Event.objects.get(pk=event_id).idea_id == first.pk:
            raise RuntimeError("cannot")
        return really(event_id)

    with patch.object(Untold, "tell", tell_unless_first):
        sweep()
    assert set(Notification.objects.values_list("event__idea", flat=True)) == {second.pk}
    assert "Nobody could be told" in caplog.text
    sweep()
    assert Notification.objects.filter(event__idea=first).exists()


def test_an_event_that_commits_after_a_later_one_is_told_too(idea):
    """What waits has a row of its own: no watermark passes over it."""
    late = Event.objects.get(kind=Kind.PUBLISHED)
    Untold.objects.filter(event=late).delete()
    Event.record(idea, Kind.ADOPTED)
    sweep()
    Untold.objects.create(event=late)
    sweep()
    assert told(Kind.PUBLISHED) == {"awa": "author"}


def test_what_is_undone_with_its_transaction_is_not_told(idea, moderator):
    from django.db import transaction

    Untold.objects.all().delete()
    with transaction.atomic():
        idea.adopt(moderator)
        transaction.set_rollback(True)
    sweep()
    assert not Notification.objects.exists()


def test_what_tells_nobody_waits_for_nobody(submit, postwoman):
    submit(postwoman)
    assert Kind.SUBMITTED not in TOLD
    assert not Untold.objects.exists()


def test_history_is_not_told(idea):
    assert mark_told(before=timezone.now() + timedelta(seconds=1)) == 1
    sweep()
    assert not Notification.objects.exists()


def test_what_was_written_in_bulk_is_told_if_asked_for(idea):
    Untold.objects.all().delete()
    Event.objects.bulk_create(
        [
            Event(idea=idea, kind=Kind.ADOPTED, at=timezone.now() - timedelta(days=days))
            for days in (1, 100)
        ]
    )
    sweep()
    assert not Notification.objects.exists()
    assert mark_untold(since=timezone.now() - timedelta(days=7)) == 2
    assert mark_untold(since=timezone.now() - timedelta(days=7)) == 2
    sweep()
    assert Notification.objects.count() == 2


def test_a_thousand_backers_are_told_in_few_queries(idea, moderator, django_assert_max_num_queries):
    people = User.objects.bulk_create(User(username=f"p{n}") for n in range(1_000))
    Vote.objects.bulk_create(Vote(idea=idea, person=person) for person in people)
    sweep()
    idea.adopt(moderator)
    event = Event.objects.latest("pk")
    # SQLite takes some 250 rows at a time.
    with django_assert_max_num_queries(18):
        Untold.tell(event.pk)
    assert Notification.objects.filter(event=event, because="backer").count() == 1_000


# --- Following ----------------------------------------------------------------------------------


def test_following_is_read_through_the_group(published, postwoman, clerk, expert, moderator):
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    Follow.choose(source, expert, wanted=True)
    source.merge_into(head, moderator)
    head.refresh_from_db()
    head.adopt(moderator)
    sweep()
    assert told(Kind.ADOPTED)["elias"] == "follower"
    Follow.choose(head, expert, wanted=False)
    Event.record(Idea.objects.get(pk=head.pk), Kind.PROJECT_PUBLISHED, moderator)
    sweep()
    assert "elias" not in told(Kind.PROJECT_PUBLISHED)


# --- Counters -----------------------------------------------------------------------------------


def test_recounting_finds_no_difference_after_normal_use(merged, expert, moderator, say):
    source, head = merged
    say(head, expert).remove(expert)
    say(source, expert).hide(moderator, "Hors sujet")
    say(head, expert)
    out = StringIO()
    call_command("recount_comments", stdout=out)
    assert "Every count is right" in out.getvalue()


def test_recounting_names_a_wrong_count_and_repairs_it(idea, clerk, say):
    say(idea, clerk)
    Idea.objects.filter(pk=idea.pk).update(own_comments=7, comments_count=7)
    with pytest.raises(CommandError):
        call_command("recount_comments", stdout=StringIO())
    call_command("recount_comments", "--repair", stdout=StringIO())
    idea.refresh_from_db()
    assert (idea.own_comments, idea.comments_count) == (1, 1)
