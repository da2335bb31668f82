"""Random histories of the rules, beside a model of them in plain Python.

After every step each idea must carry exactly what the model says, and its search document exactly
what the idea says.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ideas import counts, documents, impressions, ranking, sketch
from ideas.models import Idea, Refused, Vote
from ideas.models.audience import mark_of
from search.models import Document

IDEAS, PEOPLE = 5, 5
idea_numbers = st.integers(0, IDEAS - 1)
people_numbers = st.integers(0, PEOPLE - 1)


@dataclass
class Model:
    """One idea as plain values; `votes` are person → when, `places` → where."""

    author: int
    state: str = "submitted"
    visible: bool = False
    votes: dict[int, float] = field(default_factory=dict)
    places: dict[int, int | None] = field(default_factory=dict)
    marks: set[int] = field(default_factory=set)
    comments: int = 0
    into: int | None = None
    # By idea that it was merged into: the idea that brought it along, if one did.
    along: dict[int, int | None] = field(default_factory=dict)
    undoable: list[str] = field(default_factory=list)


class Histories(RuleBasedStateMachine):
    ideas: list[Idea]
    people: list[object]
    moderator: object
    entities: list[object]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.models = [Model(author=n) for n in range(IDEAS)]
        for model in self.models[:3]:
            model.state, model.visible = "published", True

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    # --- What the model expects ---------------------------------------------------------------

    def real(self, n: int) -> Idea:
        return Idea.objects.get(pk=self.ideas[n].pk)

    def head(self, n: int) -> int:
        into = self.models[n].into
        return n if into is None else into

    def group(self, n: int) -> list[int]:
        return [n, *(k for k, model in enumerate(self.models) if model.into == n)]

    def backers(self, n: int) -> dict[int, float]:
        """Who backs the idea and what is merged into it, and since when."""
        since: dict[int, float] = {}
        for k in self.group(n):
            for person, at in self.models[k].votes.items():
                since[person] = min(at, since.get(person, at))
        return since

    def places(self, n: int) -> Counter[int | None]:
        """How many people of each place back the group, by where their first vote came from."""
        firsts = {}
        for k in self.group(n):
            model = self.models[k]
            for person, at in model.votes.items():
                firsts[person] = min((at, model.places[person] or 0), firsts.get(person, (at + 1,)))
        return Counter(place for _at, place in firsts.values())

    def viewers(self, n: int) -> int:
        registers = sketch.empty()
        for k in self.group(n):
            sketch.add(registers, self.models[k].marks)
        return ranking.coarse(sketch.people(registers))

    def attempt(self, allowed: bool, act) -> bool:
        """Do it; the rule must refuse exactly what the model does not allow."""
        if allowed:
            act()
        else:
            with pytest.raises(Refused):
                act()
        return allowed

    def decide(self, n: int, start: set[str], end: str, act) -> None:
        model = self.models[n]
        if self.attempt(model.into is None and model.state in start, act):
            model.undoable.append(model.state)
            model.state = end
            model.visible |= end in {"published", "adopted"}

    # --- What people do -----------------------------------------------------------------------

    @rule(n=idea_numbers, p=people_numbers)
    def vote(self, n: int, p: int) -> None:
        head = self.head(n)
        model, authors = self.models[head], {self.models[k].author for k in self.group(head)}
        allowed = model.visible and model.state != "declined" and p not in authors
        fresh = p not in self.backers(head)
        cast = lambda: self.assert_is(Vote.cast(self.real(n), self.people[p]), fresh)  # noqa: E731
        if self.attempt(allowed, cast) and fresh:
            vote = Vote.objects.get(idea=self.ideas[head], person=self.people[p])
            model.votes[p] = vote.at.timestamp()
            model.places[p] = vote.entity_id

    @rule(n=idea_numbers, p=people_numbers)
    def withdraw_vote(self, n: int, p: int) -> None:
        head = self.head(n)
        self.assert_is(Vote.withdraw(self.real(n), self.people[p]), p in self.backers(head))
        for k in self.group(head):
            self.models[k].votes.pop(p, None)

    @rule(n=idea_numbers, p=people_numbers, place=st.sampled_from([None, 0, 1]))
    def move_and_vote(self, n: int, p: int, place: int | None) -> None:
        """A vote counts for the place where its person works then."""
        self.people[p].entity = None if place is None else self.entities[place]
        self.vote(n, p)

    @rule(n=idea_numbers, seen=st.sets(people_numbers))
    def look(self, n: int, seen: set[int]) -> None:
        """Seen by so many times these people: audiences of that size change the coarse number."""
        marks = {mark_of(1_000 * p + k) for p in seen for k in range(3)}
        impressions.admit({self.ideas[n].pk: marks})
        self.models[n].marks |= marks

    @rule(n=idea_numbers, many=st.integers(0, 4))
    def comment(self, n: int, many: int) -> None:
        self.real(n).set_own_comments(lambda: many)
        self.models[n].comments = many

    @rule(n=idea_numbers)
    def revise(self, n: int) -> None:
        model = self.models[n]
        allowed = model.into is None and model.state in {"submitted", "needs-details"}
        author = self.people[model.author]
        if self.attempt(allowed, lambda: self.real(n).revise(author, f"Titre {n}", "Texte revu")):
            model.state, model.undoable = "submitted", []

    # --- What moderators do -------------------------------------------------------------------

    @rule(n=idea_numbers)
    def publish(self, n: int) -> None:
        start = {"submitted", "needs-details"}
        self.decide(n, start, "published", lambda: self.real(n).publish(self.moderator))

    @rule(n=idea_numbers)
    def ask(self, n: int) -> None:
        act = lambda: self.real(n).ask_details(self.moderator, "Où ?")  # noqa: E731
        self.decide(n, {"submitted"}, "needs-details", act)

    @rule(n=idea_numbers)
    def decline(self, n: int) -> None:
        start = {"submitted", "needs-details", "published"}
        self.decide(n, start, "declined", lambda: self.real(n).decline(self.moderator, "Déjà fait"))

    @rule(n=idea_numbers)
    def reopen(self, n: int) -> None:
        model = self.models[n]
        allowed = (
            model.into is None
            and model.state in {"published", "declined", "needs-details"}
            and bool(model.undoable)
        )
        if model.state == "published":
            alone = len(self.group(n)) == 1 and not model.comments and not model.votes
            allowed = allowed and alone
        if self.attempt(allowed, lambda: self.real(n).reopen(self.moderator)):
            if model.state == "published":
                model.visible = False
            model.state = model.undoable.pop()

    @rule(n=idea_numbers, m=idea_numbers)
    def merge(self, n: int, m: int) -> None:
        source, target = self.models[n], self.models[m]
        allowed = (
            n != m
            and source.into is None
            and target.into is None
            and target.visible
            and source.state in {"submitted", "needs-details", "published"}
        )
        announced = self.real(n).supporters_if_merged_into(self.real(m))
        if self.attempt(allowed, lambda: self.real(n).merge_into(self.real(m), self.moderator)):
            for k in self.group(n):
                self.models[k].into, self.models[k].along[m] = m, None if k == n else n
            self.assert_is(self.real(m).support, announced)

    @rule(n=idea_numbers)
    def undo_merge(self, n: int) -> None:
        model = self.models[n]
        head = model.into
        if self.attempt(head is not None, lambda: self.real(n).undo_merge(self.moderator)):
            model.into = None
            for other in self.models:
                if other.into == head and other.along[head] == n:
                    other.into = n

    @rule(n=idea_numbers, m=idea_numbers)
    def merge_and_undo(self, n: int, m: int) -> None:
        """Undone at once, a merge leaves no trace but the count of writes and the events."""
        before = list(Idea.objects.order_by("pk").values())
        try:
            self.real(n).merge_into(self.real(m), self.moderator)
        except Refused:
            return
        self.real(n).undo_merge(self.moderator)
        after = list(Idea.objects.order_by("pk").values())
        for row in (*before, *after):
            del row["version"]
        for old, new in zip(before, after, strict=True):
            for name in ("rising", "voices"):
                assert new.pop(name) == pytest.approx(old.pop(name), abs=1e-12)
            assert new == old

    # --- What must hold after every step --------------------------------------------------------

    @invariant()
    def ideas_say_what_the_model_says(self) -> None:
        places = {idea.pk: n for n, idea in enumerate(self.ideas)}
        for idea in Idea.objects.select_related("canonical"):
            n = places[idea.pk]
            model, since = self.models[n], self.backers(n)
            comments = sum(self.models[k].comments for k in self.group(n))
            assert (idea.support, idea.comments_count) == (len(since), comments)
            assert idea.rising == pytest.approx(ranking.rising(since.values()), abs=1e-9)
            places_of = self.places(n)
            assert idea.voices == pytest.approx(ranking.voices(places_of.values()), abs=1e-9)
            assert idea.places == len(places_of.keys() - {0})
            assert idea.views == self.viewers(n)
            assert (idea.state, idea.is_visible) == (model.state, model.visible)
            assert places.get(idea.canonical_id) == model.into
            assert idea.canonical is None or idea.canonical.canonical_id is None
            assert (idea.decided_at is not None) == bool(model.undoable or model.into is not None)

    @invariant()
    def search_is_told_the_same(self) -> None:
        told = Document.objects.in_bulk()
        for idea in Idea.objects.select_related("theme", "entity__region", "profession"):
            document = vars(told[str(idea.pk)])
            for name, value in documents.fields(idea).items():
                assert document[name] == value, name

    @invariant()
    def recounting_finds_nothing(self) -> None:
        assert [found for _read, found in counts.differences()] == [[]]

    def assert_is(self, one: object, other: object) -> None:
        assert one == other


@pytest.fixture
def setting(submit, moderator, colleagues, rennes, quimper, monkeypatch) -> type[Histories]:
    """Five ideas, three of them published, by five people who also vote."""
    # These histories hand in numbers of comments without the comments.
    monkeypatch.setattr(counts, "comment_counters", [])
    people = colleagues[:PEOPLE]
    ideas = [submit(person, f"Titre {n}") for n, person in enumerate(people)]
    for idea in ideas[:3]:
        # As an import leaves them: published, without a decision that could be taken back.
        idea.publish(moderator)
        Idea.objects.filter(pk=idea.pk).update(decided_at=None)
    cast = {"ideas": ideas, "people": people, "moderator": moderator}
    return type("Here", (Histories,), {**cast, "entities": [rennes, quimper]})


def run(machine: type[Histories], examples: int, *, shrink: bool) -> None:
    skipped = set() if shrink else {Phase.shrink, Phase.explain}
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            phases=set(Phase) - skipped,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_histories(setting):
    run(setting, 25, shrink=True)


def test_a_document_left_behind_would_be_noticed(setting, monkeypatch):
    """The control: when search hears of numbers only, some history shows it."""
    monkeypatch.setattr(documents, "write", documents.write_numbers)
    with pytest.raises(AssertionError):
        run(setting, 25, shrink=False)
