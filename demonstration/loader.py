"""Fill an empty database with the demonstration, telling how far it is."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from accounts.models import Entity, Profession, Region, User
from community.models import Comment, SavedSearch, mark_untold
from community.tasks import sweep
from demonstration.generator import grow
from demonstration.history import Answers, Story, cast_in, tell
from demonstration.projects import create_projects
from demonstration.staff import DATA, create_cast, create_staff
from ideas import documents
from ideas.listing import Listing, Taxonomy
from ideas.models import Answer, Audience, Campaign, Channel, Event, Idea, Moment, Seal, Theme, Vote
from ideas.models.audience import mark_of
from ideas.models.seal import digest
from ideas.models.vote import Cast, tallied
from search.synonyms import Synonyms

SEED = 2026
BATCH = 1_000
# The reference company: 115,000 people for 45,000 ideas; a small one still has a few hundred.
PEOPLE_PER_IDEA = 115_000 / 45_000
FEWEST_PEOPLE = 400
# What happened since then is still told, so that the first visitor finds news.
NEWS = timedelta(days=3)
SEARCHES = (("theme=rounds&sort=new", "Ma tournée"), ("q=boîte+aux+lettres", ""))

Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """Progress of one part of the work: `done` of `total`."""

    label: str
    done: int
    total: int


def _json(name: str) -> Any:
    return json.loads((DATA / name).read_text("utf-8"))


def seeds() -> list[Row]:
    """The ideas written by hand, labelled."""
    rows = []
    for name in ("ideas.jsonl", "ideas_duplicates.jsonl"):
        lines = (DATA / name).read_text("utf-8").splitlines()
        rows += [json.loads(line) for line in lines]
    return rows


def load(total: int) -> Iterator[Step]:
    """Create words, places, people and `total` ideas (at least the hand-written ones)."""
    create_words()
    cast = create_cast()
    rng = random.Random(SEED)
    rows = list(grow(seeds(), max(total, len(seeds())), SEED))
    people = max(FEWEST_PEOPLE, int(len(rows) * PEOPLE_PER_IDEA))
    yield Step("people", 0, people)
    staff = create_staff(people, rng)
    yield Step("people", people, people)
    answers = _answers()
    now = timezone.now()
    stories = tell(rows, answers, len(staff), now, SEED)
    # The one visitors sign in as first comes after the staff in the list of people.
    awa = next(p for p in cast if p.username == "awa")
    cast_in(stories, len(staff), "letter-carrier", now)
    writer = Writer([*staff, awa.pk], moderator=next(p for p in cast if p.username == "mona"))
    for start in range(0, len(stories), BATCH):
        yield Step("ideas", start, len(stories))
        with transaction.atomic():
            writer.write(stories[start : start + BATCH])
    yield Step("ideas", len(stories), len(stories))
    for head in Idea.objects.filter(sources__isnull=False).distinct():
        head.recount()
    yield Step("projects", 0, 1)
    create_projects(writer.ideas)
    mark_untold(since=timezone.now() - NEWS)
    sweep()
    save_searches(next(p for p in cast if p.username == "awa"))
    yield Step("projects", 1, 1)


def create_words() -> None:
    """The taxonomy, the synonyms, the places and the campaigns, around today."""
    Synonyms.objects.load_usual()
    words = _json("taxonomy.json")
    Region.objects.bulk_create(Region(**row) for row in words["regions"])
    Theme.objects.bulk_create(Theme(**row) for row in words["themes"])
    Moment.objects.bulk_create(Moment(position=n, **row) for n, row in enumerate(words["moments"]))
    Channel.objects.bulk_create(Channel(**row) for row in words["channels"])
    Profession.objects.bulk_create(Profession(**row) for row in words["professions"])
    answers = _json("answers.json")
    Answer.objects.bulk_create(
        Answer(
            slug=row["slug"],
            purpose=purpose,
            ground=row.get("kind", ""),
            title_fr=row["title"],
            body_fr=row["body"],
        )
        for purpose, name in (("decline", "declines"), ("ask", "detail_requests"))
        for row in answers[name]
    )
    regions = {region.slug: region for region in Region.objects.all()}
    Entity.objects.bulk_create(
        Entity(**{**row, "region": regions[row["region"]]}) for row in _json("entities.json")
    )
    today = timezone.localdate()
    for row in _json("campaigns.json"):
        themes = Theme.objects.filter(slug__in=row.pop("themes"))
        days = row.pop("starts_in_days"), row.pop("ends_in_days")
        first, last = (today + timedelta(days=offset) for offset in days)
        Campaign.objects.create(starts_on=first, ends_on=last, **row).themes.set(themes)


def save_searches(person: User) -> None:
    """Two searches of this person's; what was published since yesterday is new to them."""
    taxonomy = Taxonomy.load()
    for query, name in SEARCHES:
        listing = Listing.asked(QueryDict(query), taxonomy)
        search, _is_new = SavedSearch.keep(person, listing, name)
        search.matches.update(seen=False)


def _answers() -> Answers:
    texts = _json("answers.json")
    adopted = frozenset(key for project in _json("projects.json") for key in project["idea_keys"])
    lines = (DATA / "comments.jsonl").read_text("utf-8").splitlines()
    comments = [json.loads(line) for line in lines]
    return Answers(texts["declines"], texts["detail_requests"], adopted, comments)


class Writer:
    """Writes stories in bulk; what a batch refers to must be in it or in an earlier one."""

    def __init__(self, staff: list[int], moderator: User) -> None:
        self.staff = staff
        self.moderator = moderator
        self.themes = {theme.slug: theme for theme in Theme.objects.all()}
        self.moments = {moment.slug: moment for moment in Moment.objects.all()}
        self.channels = {channel.slug: channel for channel in Channel.objects.all()}
        self.professions = {p.slug: p for p in Profession.objects.all()}
        self.campaigns = list(Campaign.objects.prefetch_related("themes"))
        self.entities = {e.pk: e for e in Entity.objects.select_related("region")}
        self.places = dict(User.objects.values_list("pk", "entity_id").iterator())
        self.marks = [mark_of(person) for person in staff]
        # A head was submitted before what is merged into it, so it is here when it is needed.
        self.ideas: dict[str, Idea] = {}

    def write(self, stories: list[Story]) -> None:
        ideas = Idea.objects.bulk_create(self._idea(story) for story in stories)
        pairs = list(zip(ideas, stories, strict=True))
        for idea, story in pairs:
            self.ideas[story.row["key"]] = idea
            if idea.is_anonymous:
                Seal.close(idea, User(pk=self.staff[story.author]))
        merged = [(idea, story) for idea, story in pairs if story.canonical]
        for idea, story in merged:
            idea.canonical = self.ideas[story.canonical]
        Idea.objects.bulk_update([idea for idea, _story in merged], ["canonical"])
        self._back(pairs)
        self._see(pairs)
        Event.objects.bulk_create(self._events(pairs))
        documents.write_new(ideas)

    def _idea(self, story: Story) -> Idea:
        row = story.row
        author = self.staff[story.author]
        anonymous = row["anonymous"]
        submitted = story.submitted
        if anonymous:
            submitted = timezone.localtime(submitted).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
        return Idea(
            title=row["title"],
            body=row["body"],
            theme=self.themes[row["theme"]],
            moment=self.moments.get(row["moment"]),
            channel=self.channels.get(row["channel"]),
            campaign=self._campaign(story),
            entity=self.entities.get(self.places[author]),
            profession=None if anonymous else self.professions.get(row["profession"]),
            author_id=None if anonymous else author,
            is_anonymous=anonymous,
            submission=digest("demonstration", row["key"]),
            state=story.state,
            submitted_at=submitted,
            published_at=story.decided if story.is_published else None,
            decided_at=story.decided,
            own_comments=len(story.comments),
            comments_count=len(story.comments),
            **self._backing(story),
        )

    def _backing(self, story: Story) -> dict[str, Any]:
        place = self.places
        voters = {self.staff[person]: at for person, at in story.voters.items()}
        return tallied([Cast(who, at, 0, place[who]) for who, at in voters.items()])

    def _see(self, pairs: list[tuple[Idea, Story]]) -> None:
        audiences = [Audience(idea=idea) for idea, _story in pairs]
        for audience, (_idea, story) in zip(audiences, pairs, strict=True):
            audience.admit(self.marks[person] for person in story.readers)
        Audience.objects.bulk_create(audiences)
        viewers = Audience.objects.viewers(idea.pk for idea, _story in pairs)
        for idea, _story in pairs:
            idea.views = viewers[idea.pk]
        Idea.objects.bulk_update([idea for idea, _story in pairs], ["views"])

    def _campaign(self, story: Story) -> Campaign | None:
        day = story.submitted.date()
        for campaign in self.campaigns:
            themes = {theme.slug for theme in campaign.themes.all()}
            if campaign.starts_on <= day <= campaign.ends_on and story.row["theme"] in themes:
                return campaign
        return None

    def _back(self, pairs: list[tuple[Idea, Story]]) -> None:
        Vote.objects.bulk_create(
            (
                Vote(idea=idea, person_id=who, entity_id=self.places[who], at=at)
                for idea, story in pairs
                for person, at in story.voters.items()
                for who in [self.staff[person]]
            ),
            batch_size=5 * BATCH,
        )
        Comment.objects.bulk_create(
            Comment(
                idea=idea,
                author_id=self.staff[person],
                body=text,
                at=at,
                submission=digest("demonstration comment", story.row["key"], number),
            )
            for idea, story in pairs
            for number, (person, at, text) in enumerate(story.comments)
        )

    def _events(self, pairs: Iterable[tuple[Idea, Story]]) -> Iterator[Event]:
        kinds = {
            "published": Event.Kind.PUBLISHED,
            "declined": Event.Kind.DECLINED,
            "adopted": Event.Kind.ADOPTED,
            "needs-details": Event.Kind.DETAILS_ASKED,
        }
        for idea, story in pairs:
            yield Event(
                idea=idea,
                kind=Event.Kind.SUBMITTED,
                actor_id=idea.author_id,
                at=idea.submitted_at,
                after=Idea.State.SUBMITTED,
            )
            if story.decided is not None:
                yield Event(
                    idea=idea,
                    kind=kinds[story.state],
                    actor=self.moderator,
                    at=story.decided,
                    reason=story.reason,
                    before=Idea.State.SUBMITTED,
                    after=story.state,
                )
            if idea.canonical_id:
                facts: dict[str, Any] = {"actor": self.moderator, "at": story.decided}
                head = self.ideas[story.canonical]
                yield Event(idea=idea, kind=Event.Kind.MERGED, other=head, **facts)
                yield Event(idea=head, kind=Event.Kind.ABSORBED, other=idea, **facts)
