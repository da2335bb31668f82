"""Who may decide what, from which state, and how a decision is taken back."""

import pytest
from django.core.exceptions import PermissionDenied

from ideas.models import Conflict, Event, Idea, Refused, Vote
from search.models import Document

RULES = {
    "publish": lambda idea, by: idea.publish(by),
    "ask": lambda idea, by: idea.ask_details(by, "Où exactement ?"),
    "decline": lambda idea, by: idea.decline(by, "Cela existe déjà."),
    "reopen": lambda idea, by: idea.reopen(by),
    "adopt": lambda idea, by: idea.adopt(by),
    "merge": lambda idea, by: idea.merge_into(Idea.objects.exclude(pk=idea.pk).get(), by),
    "undo merge": lambda idea, by: idea.undo_merge(by),
}


@pytest.fixture
def world(published, submit, postwoman, clerk) -> Idea:
    """A submitted idea, beside a published one."""
    published(clerk, "Une idée publiée")
    return submit(postwoman, "Une idée à traiter")


def documented(idea: Idea) -> tuple[str, bool]:
    document = Document.objects.get(key=str(idea.pk))
    return document.state, document.public


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("who", ["postwoman", "clerk", "expert", "manager", "project_lead"])
def test_nobody_but_a_moderator_decides(rule, who, world, request):
    with pytest.raises(PermissionDenied):
        RULES[rule](world, request.getfixturevalue(who))
    assert world.events.count() == 1


@pytest.mark.parametrize("rule", ["publish", "ask", "decline", "adopt", "merge"])
def test_a_moderator_decides_and_it_is_written_down_once(rule, world, moderator):
    RULES[rule](world, moderator)
    event = world.events.get(actor=moderator)
    assert event.kind in Event.DECISIONS
    assert world.standing_decision() == event


@pytest.mark.parametrize(
    ("start", "allowed"),
    [
        (Idea.State.SUBMITTED, {"publish", "ask", "decline", "merge", "adopt"}),
        (Idea.State.NEEDS_DETAILS, {"publish", "decline", "merge", "reopen"}),
        (Idea.State.PUBLISHED, {"decline", "merge", "adopt", "reopen"}),
        (Idea.State.DECLINED, {"reopen"}),
        (Idea.State.ADOPTED, set()),
        (Idea.State.WITHDRAWN, set()),
    ],
)
def test_each_state_allows_its_decisions_only(start, allowed, world, moderator):
    decisions = [name for name in RULES if name != "undo merge"]
    assert {name for name in decisions if Idea(state=start).allows(name)} == allowed
    for name in set(decisions) - allowed:
        Idea.objects.filter(pk=world.pk).update(state=start)
        with pytest.raises(Conflict):
            RULES[name](world, moderator)


@pytest.mark.parametrize("rule", ["publish", "ask", "decline", "adopt", "merge", "reopen"])
def test_a_decision_on_an_older_version_is_a_conflict(rule, world, moderator):
    other = Idea.objects.exclude(pk=world.pk).get()
    old = {
        "publish": lambda: world.publish(moderator, 0),
        "ask": lambda: world.ask_details(moderator, "Où ?", 0),
        "decline": lambda: world.decline(moderator, "Non.", 0),
        "adopt": lambda: world.adopt(moderator, "Oui.", 0),
        "merge": lambda: world.merge_into(other, moderator, "", 0),
        "reopen": lambda: other.reopen(moderator, 0),
    }
    with pytest.raises(Conflict) as caught:
        old[rule]()
    assert caught.value.code == "conflict"


@pytest.mark.parametrize("words", ["", "   ", "\n\t"])
def test_the_author_always_gets_words(words, world, moderator):
    with pytest.raises(Refused):
        world.decline(moderator, words)
    with pytest.raises(Refused):
        world.ask_details(moderator, words)


def test_a_reason_is_filed_under_its_ground(world, moderator):
    declined = world.decline(moderator, "Trop cher pour ce que cela rapporte.", ground="cost")
    assert declined.standing_decision().data == {"ground": "cost"}


def test_undoing_goes_back_one_decision_at_a_time(world, moderator):
    world.ask_details(moderator, "Où ?")
    world.publish(moderator)
    world.decline(moderator, "Déjà fait.")
    states = []
    while (idea := Idea.objects.get(pk=world.pk)).standing_decision():
        states.append(idea.reopen(moderator).state)
    assert states == ["published", "needs-details", "submitted"]
    idea.refresh_from_db()
    assert (idea.decided_at, idea.published_at) == (None, None)
    assert documented(idea) == ("submitted", False)


def test_undoing_twice_does_not_do_it_again(world, moderator):
    world.decline(moderator, "Déjà fait.")
    world.reopen(moderator)
    with pytest.raises(Conflict):
        world.reopen(moderator)


def test_a_published_idea_that_colleagues_back_stays_published(
    published, postwoman, moderator, clerk
):
    idea = published(postwoman)
    Vote.cast(idea, clerk)
    with pytest.raises(Refused) as caught:
        idea.reopen(moderator)
    assert caught.value.code == "closed"


def test_what_the_author_adds_overtakes_the_question(world, moderator, postwoman):
    world.ask_details(moderator, "Où ?")
    world.revise(postwoman, "Une idée à traiter", "Au guichet 3.", "Au guichet 3")
    idea = Idea.objects.get(pk=world.pk)
    assert idea.standing_decision() is None
    idea.publish(moderator)
    assert Idea.objects.get(pk=world.pk).reopen(moderator).state == "submitted"


def test_the_text_of_a_merged_idea_stays(world, moderator, postwoman):
    world.merge_into(Idea.objects.exclude(pk=world.pk).get(), moderator)
    with pytest.raises(Refused):
        world.revise(postwoman, "Autre titre", "Autre texte")


def test_decisions_count_once_and_only_while_they_stand(world, moderator):
    world.ask_details(moderator, "Où ?")
    world.publish(moderator)
    assert Event.objects.standing().filter(idea=world).count() == 1
    Idea.objects.get(pk=world.pk).reopen(moderator)
    assert Event.objects.standing().get(idea=world).kind == Event.Kind.DETAILS_ASKED
