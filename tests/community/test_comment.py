from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from community.models import Comment
from community.models.comment import LONGEST, MOST_PER_DAY_AS_AUTHOR, MOST_PER_MINUTE
from community.tasks import sweep
from ideas.models import Event, Idea, Refused
from search.models import Document


def counts(idea):
    idea = Idea.objects.get(pk=idea.pk)
    return idea.own_comments, idea.comments_count


def test_a_comment_is_counted_found_and_written_into_the_history(idea, clerk, say):
    comment = say(idea, clerk, "  Testé à Quimper.  ")
    assert comment.body == "Testé à Quimper."
    assert counts(idea) == (1, 1)
    assert Document.objects.get(key=str(idea.pk)).comments == 1
    event = Event.objects.get(kind=Event.Kind.COMMENTED)
    assert (event.idea, event.actor, event.data) == (idea, clerk, {"comment": comment.pk})


def test_sent_twice_a_comment_is_written_once(idea, clerk, say):
    key = uuid4()
    assert say(idea, clerk, key=key) == say(idea, clerk, "Autre chose", key=key)
    assert counts(idea) == (1, 1)
    assert Event.objects.filter(kind=Event.Kind.COMMENTED).count() == 1


def test_the_same_key_from_somebody_else_is_another_comment(idea, clerk, expert, say):
    key = uuid4()
    say(idea, clerk, key=key)
    say(idea, expert, key=key)
    assert counts(idea) == (2, 2)


@pytest.mark.parametrize("body", ["", "  \n ", "a" * (LONGEST + 1)])
def test_nothing_and_too_much_are_refused(idea, clerk, say, body):
    with pytest.raises(Refused):
        say(idea, clerk, body)
    assert counts(idea) == (0, 0)


def test_only_open_ideas_are_discussed(submit, idea, postwoman, clerk, moderator, say):
    with pytest.raises(Refused):
        say(submit(postwoman, "Pas encore lue"), clerk)
    said = say(idea, clerk)
    idea.decline(moderator, "Déjà en cours.")
    with pytest.raises(Refused):
        say(idea, clerk)
    with pytest.raises(Refused):
        said.revise(clerk, "Autrement dit")
    said.remove(clerk)
    assert counts(idea) == (0, 0)


def test_who_writes_too_much_within_a_minute_is_asked_to_wait(idea, clerk, say):
    for _ in range(MOST_PER_MINUTE):
        say(idea, clerk)
    with pytest.raises(Refused) as refused:
        say(idea, clerk)
    assert refused.value.code == "often"
    Comment.objects.update(at=timezone.now() - timedelta(minutes=2))
    say(idea, clerk)


def test_an_answer_to_an_answer_is_an_answer_to_the_first(idea, clerk, expert, say):
    top = say(idea, clerk)
    answer = say(idea, expert, reply_to=top)
    deeper = say(idea, clerk, reply_to=answer)
    assert deeper.reply_to == top


def test_a_comment_of_another_idea_cannot_be_answered(idea, published, clerk, expert, say):
    elsewhere = say(published(expert, "Autre"), clerk)
    with pytest.raises(Refused):
        say(idea, clerk, reply_to=elsewhere)


def test_what_is_gone_cannot_be_answered(idea, clerk, expert, say):
    top = say(idea, clerk)
    top.remove(clerk)
    with pytest.raises(Refused):
        say(idea, expert, reply_to=top)


def test_people_change_and_remove_their_own_words_only(idea, clerk, expert, moderator, say):
    comment = say(idea, clerk)
    for other in (expert, moderator):
        with pytest.raises(PermissionDenied):
            comment.revise(other, "Faux")
        with pytest.raises(PermissionDenied):
            comment.remove(other)
    revised = comment.revise(clerk, "Mieux dit.")
    assert revised.body == "Mieux dit."
    assert revised.edited_at is not None


def test_removing_can_be_taken_back(idea, clerk, say):
    comment = say(idea, clerk)
    comment.remove(clerk)
    comment.remove(clerk)
    assert counts(idea) == (0, 0)
    comment.restore(clerk)
    assert counts(idea) == (1, 1)
    assert Comment.objects.get().stands


def test_the_text_of_a_removed_comment_is_forgotten_after_two_days(idea, clerk, say):
    comment = say(idea, clerk)
    comment.remove(clerk)
    sweep()
    assert Comment.objects.get().body
    Comment.objects.update(removed_at=timezone.now() - timedelta(days=3))
    sweep()
    assert Comment.objects.get().body == ""
    with pytest.raises(Refused):
        comment.restore(clerk)


def test_moderators_hide_with_a_reason_and_show_again(idea, clerk, expert, moderator, say):
    comment = say(idea, clerk)
    with pytest.raises(PermissionDenied):
        comment.hide(expert, "Non")
    with pytest.raises(Refused):
        comment.hide(moderator, "  ")
    hidden = comment.hide(moderator, "Nomme une collègue.")
    assert (hidden.hidden_by, hidden.hidden_reason) == (moderator, "Nomme une collègue.")
    assert counts(idea) == (0, 0)
    with pytest.raises(Refused):
        comment.revise(clerk, "Autrement")
    with pytest.raises(PermissionDenied):
        comment.unhide(clerk)
    comment.unhide(moderator)
    assert counts(idea) == (1, 1)


def test_comments_of_a_group_are_counted_on_its_head_and_parted_exactly(
    published, postwoman, clerk, expert, moderator, say
):
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    old = say(source, expert)
    say(head, expert)
    source.merge_into(head, moderator)
    assert counts(head) == (1, 2)
    say(source, expert, "Adressé à l’ancienne adresse")
    say(head, expert, "En réponse", reply_to=old)
    assert counts(head) == (2, 4)
    assert counts(source)[0] == 2
    Idea.objects.get(pk=source.pk).undo_merge(moderator)
    assert counts(head) == (2, 2)
    assert counts(source) == (2, 2)


# --- The author of an anonymous idea ------------------------------------------------------------


def test_the_hidden_author_speaks_without_a_name_to_the_day(secret, postwoman, say):
    comment = say(secret, postwoman, "Je précise.", as_author=True)
    assert comment.author is None
    assert comment.as_author_of == secret
    at = timezone.localtime(comment.at)
    assert (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
    event = Event.objects.get(kind=Event.Kind.COMMENTED)
    assert (event.actor, event.at) == (None, comment.at)


def test_only_the_hidden_author_changes_what_they_said(secret, postwoman, clerk, moderator, say):
    comment = say(secret, postwoman, as_author=True)
    for other in (clerk, moderator):
        assert not comment.is_by(other)
        with pytest.raises(PermissionDenied):
            comment.remove(other)
    revised = comment.revise(postwoman, "Autrement dit.")
    assert timezone.localtime(revised.edited_at).hour == 0
    removed = comment.remove(postwoman)
    assert timezone.localtime(removed.removed_at).hour == 0
    comment.restore(postwoman)
    assert counts(secret) == (1, 1)


def test_nobody_else_speaks_as_the_author(secret, idea, postwoman, clerk, say):
    with pytest.raises(PermissionDenied):
        say(secret, clerk, as_author=True)
    with pytest.raises(PermissionDenied):
        say(idea, postwoman, as_author=True)


def test_two_comments_of_one_hidden_author_share_no_mark(secret, postwoman, say):
    first = say(secret, postwoman, as_author=True)
    second = say(secret, postwoman, as_author=True)
    assert first.mark != second.mark
    assert first.submission != second.submission


def test_a_hidden_author_is_limited_without_being_counted_by_name(secret, postwoman, say):
    for _ in range(MOST_PER_DAY_AS_AUTHOR):
        say(secret, postwoman, as_author=True)
    with pytest.raises(Refused):
        say(secret, postwoman, as_author=True)


def test_a_hidden_author_merged_elsewhere_still_speaks(
    secret, published, postwoman, clerk, moderator, say
):
    head = published(clerk, "Un management calme")
    secret.merge_into(head, moderator)
    comment = say(head, postwoman, as_author=True)
    assert (comment.idea, comment.as_author_of) == (head, secret)
