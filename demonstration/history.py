"""What happened to each idea of the demonstration: pure, seeded, without database or clock."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

from demonstration.generator import months, popularity

DAYS = 425
RUNNING_DAYS = 18
RUNNING_SHARE = 0.12
QUEUE_DAYS = 20
DECLINED_BACKED = 12
DECLINED_SHARE = 0.16
ASKED_SHARE = 0.01
MERGED_GROUPS_SHARE = 0.35
PARTS = ("submitted", "needs-details", "published", "declined", "merged", "adopted", "anonymous")
BACKED, ADOPTED_BACKED = 12, 2


@dataclass
class Story:
    """One idea's fate. `voters` and `readers` are positions in the list of staff."""

    row: dict[str, Any]
    author: int
    submitted: datetime
    state: str = "published"
    decided: datetime | None = None
    reason: str = ""
    canonical: str = ""
    voters: dict[int, datetime] = field(default_factory=dict)
    readers: set[int] = field(default_factory=set)
    comments: list[tuple[int, datetime, str]] = field(default_factory=list)

    @property
    def is_published(self) -> bool:
        return self.state not in {"submitted", "needs-details"}


@dataclass(frozen=True)
class Answers:
    """The texts of decisions: some were written for certain ideas, the neutral ones fit any."""

    declines: Sequence[dict[str, Any]]
    requests: Sequence[dict[str, Any]]
    adopted: frozenset[str]
    comments: Sequence[dict[str, Any]]

    def decline(self, key: str, rng: random.Random) -> str:
        return _fitting(self.declines, key, rng)

    def ask(self, key: str, rng: random.Random) -> str:
        return _fitting(self.requests, key, rng)


def _fitting(answers: Sequence[dict[str, Any]], key: str, rng: random.Random) -> str:
    own = [answer for answer in answers if key in answer.get("idea_keys", ())]
    neutral = [answer for answer in answers if answer.get("neutral")]
    return str(rng.choice(own or neutral)["body"])


def tell(
    rows: Sequence[dict[str, Any]], answers: Answers, staff: int, now: datetime, seed: int
) -> list[Story]:
    """The stories of the rows, in the order in which the ideas were submitted."""
    rng = random.Random(seed)
    first = (now - timedelta(days=DAYS - 1)).weekday()
    days = months(len(rows), rng, DAYS, first)
    # The running campaign brings its own: without it the present would be the quietest time.
    ages = sorted(
        (
            rng.randrange(RUNNING_DAYS) if rng.random() < RUNNING_SHARE else DAYS - 1 - day
            for day in days
        ),
        reverse=True,
    )
    order = list(range(len(rows)))
    rng.shuffle(order)
    stories = []
    for age, position in zip(ages, order, strict=True):
        minutes = rng.triangular(6 * 60, 21 * 60, 12 * 60)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        at = min(midnight - timedelta(days=age) + timedelta(minutes=minutes), now)
        stories.append(Story(rows[position], rng.randrange(staff), at))
    stories.sort(key=lambda story: story.submitted)
    _decide(stories, answers, now, rng)
    _merge(stories, rng)
    _back(stories, staff, now, rng)
    _discuss(stories, answers, now, rng)
    for story in stories:
        if story.state == "declined" and story.decided is not None:
            _close(story, story.decided, now)
    return stories


def _decide(stories: list[Story], answers: Answers, now: datetime, rng: random.Random) -> None:
    for story in stories:
        age = (now - story.submitted).total_seconds() / 86_400
        key = story.row["key"]
        if key in answers.adopted:
            _settle(story, "adopted", now, rng)
        elif age < QUEUE_DAYS and rng.random() < 1 - age / QUEUE_DAYS:
            story.state = "submitted"
            if rng.random() < ASKED_SHARE * 10:
                _settle(story, "needs-details", now, rng)
                story.reason = answers.ask(key, rng)
        elif rng.random() < DECLINED_SHARE or any(
            key in answer.get("idea_keys", ()) for answer in answers.declines
        ):
            _settle(story, "declined", now, rng)
            story.reason = answers.decline(key, rng)
        else:
            _settle(story, "published", now, rng)


def _settle(story: Story, state: str, now: datetime, rng: random.Random) -> None:
    story.state = state
    waited = timedelta(days=rng.gammavariate(2, 2.2))
    story.decided = min(story.submitted + waited, now)


def _merge(stories: list[Story], rng: random.Random) -> None:
    """Moderators have found part of the duplicates: the rest is for the product to find."""
    groups: dict[str, list[Story]] = defaultdict(list)
    for story in stories:
        if story.row.get("group") and story.state == "published":
            groups[story.row["group"]].append(story)
    for members in groups.values():
        if len(members) > 2 and rng.random() < MERGED_GROUPS_SHARE:
            head, *others = members
            for story in others[: rng.randint(1, len(others) - 1)]:
                story.canonical = head.row["key"]


def _back(stories: list[Story], staff: int, now: datetime, rng: random.Random) -> None:
    open_stories = [story for story in stories if story.is_published]
    for story, votes in zip(open_stories, popularity(len(open_stories), rng), strict=True):
        if story.decided is None:
            continue
        span = (now - story.decided).total_seconds()
        if story.state == "declined":
            votes //= 4
        people = [p for p in _some(staff, votes, rng) if p != story.author]
        story.voters = {
            person: story.decided + timedelta(seconds=span * rng.betavariate(0.9, 2.6))
            for person in people
        }
        interest = rng.uniform(1.2, 3.5)
        story.readers = set(people) | set(_some(staff, int(len(people) * interest) + 2, rng))
        story.readers.discard(story.author)


def _discuss(stories: list[Story], answers: Answers, now: datetime, rng: random.Random) -> None:
    """Comments written for an idea go to it; the others go round among the ideas of their theme."""
    own: dict[str, list[str]] = defaultdict(list)
    for comment in answers.comments:
        own[comment["idea_key"]].append(comment["body"])
    rounds = {
        name: cycle(rng.sample(texts, len(texts)))
        for name, texts in own.items()
        if name.startswith("any:")
    }
    for story in stories:
        if not story.voters or story.decided is None:
            continue
        texts = own.get(story.row["key"], [])
        more = min(int(rng.expovariate(1) * len(story.voters) ** 0.5 * 0.35), 14)
        texts = texts + list(islice(rounds[f"any:{story.row['theme']}"], max(0, more - len(texts))))
        people = rng.choices(sorted(story.readers), k=len(texts))
        span = (now - story.decided).total_seconds()
        times = sorted(span * rng.betavariate(0.9, 2.2) for _text in texts)
        story.comments = [
            (person, story.decided + timedelta(seconds=after), text)
            for person, after, text in zip(people, times, texts, strict=True)
        ]


def _close(story: Story, decided: datetime, now: datetime) -> None:
    """What was declined was backed by few, and nobody backs or discusses it any more."""
    since = story.submitted
    part = (decided - since) / max(now - decided, timedelta(seconds=1))
    backers = list(story.voters)[:DECLINED_BACKED]
    story.voters = {who: since + (story.voters[who] - decided) * part for who in backers}
    story.comments = [
        (who, since + (at - decided) * part, said) for who, at, said in story.comments
    ]


def cast_in(stories: Sequence[Story], person: int, profession: str, now: datetime) -> None:
    """Give somebody a part in all this: ideas of her own in every state, and others she backs.

    Whoever signs in as her finds news, a question to answer and a list that is not empty.
    """
    for part in PARTS:
        fitting = [s for s in stories if _part(s) == part and s.row["language"] == "fr"]
        own = [story for story in fitting if story.row["profession"] == profession] or fitting
        if own:
            story = max(own, key=lambda one: one.decided or one.submitted)
            story.author = person
            story.row = {**story.row, "profession": profession}
    backable = [one for one in stories if one.voters and one.author != person]
    adopted = [one for one in backable if one.state == "adopted"][:ADOPTED_BACKED]
    others = [one for one in backable if one.state != "adopted"]
    for story in [*others[:: max(1, len(others) // BACKED)], *adopted]:
        if story.decided is not None:
            story.voters[person] = story.decided + (now - story.decided) * 0.6
            story.readers.add(person)


def _part(story: Story) -> str:
    if story.canonical:
        return "merged"
    return "anonymous" if story.row["anonymous"] else story.state


def _some(staff: int, count: int, rng: random.Random) -> list[int]:
    return rng.sample(range(staff), min(count, staff * 2 // 3))
