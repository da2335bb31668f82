"""What a person is told, in words, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from community import sealed, searches
from community.models import Comment, LastLook, Match, Notification
from community.models.audience import Because
from ideas.models import Event, Idea
from prepared import Prepared

# Older news are in the ideas themselves.
KEPT = 1_000

Kind = Event.Kind


@dataclass(frozen=True)
class Line:
    """One thing to tell, before its words are looked up."""

    event: int
    at: datetime
    head: int
    because: str
    unread: bool


@dataclass(frozen=True)
class News:
    event: Event
    because: str
    unread: bool
    comment: Comment | None = None

    @property
    def idea(self) -> Idea:
        """The head of the idea's group."""
        return self.event.idea.canonical or self.event.idea

    @property
    def url(self) -> str:
        return reverse("community:read", args=[self.event.pk])

    @property
    def icon(self) -> str:
        icons = {Kind.COMMENTED: "comment", Kind.PROJECT_PUBLISHED: "project"}
        return icons.get(Kind(self.event.kind), f"event-{self.event.kind}")

    @property
    def to_the_day(self) -> bool:
        """Done by somebody who stays anonymous."""
        return self.comment is not None and self.comment.as_author

    @property
    def sentence(self) -> str:
        if self.event.kind == Kind.COMMENTED:
            return str(SAID[Because(self.because)]) % {"who": self._who()}
        return str(SENTENCES[Kind(self.event.kind)]) % {"idea": SUBJECTS[Because(self.because)]}

    @property
    def quote(self) -> str:
        """The words that come with it: of a comment, or of a moderator's answer."""
        if self.event.kind == Kind.COMMENTED:
            return self.comment.body if self.comment and self.comment.stands else ""
        is_theirs = self.because in {Because.AUTHOR, Because.COAUTHOR}
        told = WITH_REASON | (FOR_AUTHORS_ALONE if is_theirs else frozenset())
        return self.event.reason if self.event.kind in told else ""

    def _who(self) -> str:
        if self.to_the_day:
            return _("The author, who stays anonymous,")
        return str(self.event.actor or _("A former colleague"))


@dataclass(frozen=True)
class Group:
    """The news of one idea and of those merged into it."""

    idea: Idea
    news: list[News]
    more: int
    readable: bool

    @property
    def unread(self) -> bool:
        return any(each.unread for each in self.news)


WITH_REASON = frozenset({Kind.DETAILS_ASKED, Kind.DECLINED})
# With "a word for the author".
FOR_AUTHORS_ALONE = frozenset({Kind.MERGED, Kind.ABSORBED, Kind.ADOPTED})

SUBJECTS = {
    Because.AUTHOR: gettext_lazy("Your idea"),
    Because.COAUTHOR: gettext_lazy("The idea that yours was merged into"),
    Because.BACKER: gettext_lazy("An idea that you back"),
    Because.FOLLOWER: gettext_lazy("An idea that you follow"),
}

# %(idea)s is one of the four subjects above; all are feminine singular in French.
SENTENCES = {
    Kind.PUBLISHED: gettext_lazy(
        "%(idea)s has been published: colleagues can now read it and back it."
    ),
    Kind.DETAILS_ASKED: gettext_lazy("%(idea)s raises a question: a moderator asks for details."),
    Kind.DECLINED: gettext_lazy("%(idea)s has been declined."),
    Kind.REOPENED: gettext_lazy("%(idea)s is looked at again: the last decision was taken back."),
    Kind.MERGED: gettext_lazy("%(idea)s has been merged into another one that says the same."),
    Kind.ABSORBED: gettext_lazy("%(idea)s has been joined by another one that says the same."),
    Kind.UNMERGED: gettext_lazy("%(idea)s stands on its own again."),
    Kind.RELEASED: gettext_lazy("%(idea)s is no longer merged with another one."),
    Kind.ADOPTED: gettext_lazy("%(idea)s has been adopted: it is becoming a project."),
    Kind.PROJECT_PUBLISHED: gettext_lazy("%(idea)s has become a project."),
    Kind.WITHDRAWN: gettext_lazy("%(idea)s has been withdrawn by its author."),
}

SAID = {
    Because.AUTHOR: gettext_lazy("%(who)s has commented on your idea."),
    Because.COAUTHOR: gettext_lazy("%(who)s has commented on the idea that yours was merged into."),
    Because.ANSWERED: gettext_lazy("%(who)s has answered your comment."),
    Because.FOLLOWER: gettext_lazy("%(who)s has commented on an idea that you follow."),
}


def lines(person: User) -> list[Line]:
    """All that this person is told, newest first."""
    told = _told(person)
    hidden = list(sealed.news(person))
    if hidden:
        seen = _State.of(person).seen
        known = {line.event for line in told}
        told += [_line(heard, heard.event > seen) for heard in hidden if heard.event not in known]
    return sorted(told, key=_age)[:KEPT]


def unread_lines(person: User, most: int) -> list[Line]:
    """The newest of what this person has not read yet."""
    told = _told(person, read_at__isnull=True)
    told += [_line(heard, True) for heard in _unread_hidden(person, _State.of(person))]
    return sorted(told, key=_age)[:most]


def count_unread(person: User) -> int:
    """How many news are unread: one query, and more only for those with hidden ones or alerts."""
    state = _State.of(person)
    alerts = len(searches.alerts(person)) if state.has_alerts else 0
    return state.unread + len(_unread_hidden(person, state)) + alerts


def in_words(told: Iterable[Line]) -> list[News]:
    """The lines with what their words need, in two queries."""
    wanted = {line.event: line for line in told}
    events = Event.objects.select_related("actor", "idea__seal", "idea__canonical__seal").in_bulk(
        list(wanted)
    )
    said = [event.data.get("comment") for event in events.values()]
    comments = Comment.objects.in_bulk([key for key in said if key])
    return [
        News(events[key], line.because, line.unread, comments.get(events[key].data.get("comment")))
        for key, line in wanted.items()
        if key in events
    ]


def by_idea(told: Iterable[Line]) -> list[list[Line]]:
    """The lines idea by idea; the idea with the newest line comes first."""
    groups: dict[int, list[Line]] = {}
    for line in told:
        groups.setdefault(line.head, []).append(line)
    return list(groups.values())


def groups_in_words(groups: Sequence[list[Line]], person: User, most: int) -> list[Group]:
    """The groups with the words of their `most` newest lines."""
    told = in_words(line for lines in groups for line in lines[:most])
    words = {each.event.pk: each for each in told}
    made = []
    for group in groups:
        said = [words[line.event] for line in group[:most] if line.event in words]
        if said:
            idea = said[0].idea
            made.append(Group(idea, said, len(group) - len(said), idea.is_readable_by(person)))
    return made


def _told(person: User, **which: Any) -> list[Line]:
    rows = Notification.objects.filter(person=person, **which).order_by("-event__at", "-event_id")
    head = Coalesce("event__idea__canonical_id", "event__idea_id")
    return [
        Line(event, at, idea, because, read_at is None)
        for event, at, idea, because, read_at in rows.values_list(
            "event_id", "event__at", head, "because", "read_at"
        )[:KEPT]
    ]


def _age(line: Line) -> tuple[float, int]:
    return -line.at.timestamp(), -line.event


def _line(heard: sealed.Heard, unread: bool) -> Line:
    return Line(heard.event, heard.at, heard.head, heard.because, unread)


def _unread_hidden(person: User, state: "_State") -> list[sealed.Heard]:
    heard = list(sealed.new(person, state.seen, state.latest))
    if not heard:
        return []
    # Told under their name as well: because they commented on it, for instance.
    told = Notification.objects.filter(person=person, event__in=[each.event for each in heard])
    known = set(told.values_list("event_id", flat=True))
    return [each for each in heard if each.event not in known]


@dataclass(frozen=True)
class _State:
    """How many of somebody's notifications are unread; the last event they saw, and of all.

    `has_alerts`: a saved search may have something new for them.
    """

    unread: int
    seen: int
    latest: int
    has_alerts: int = 0

    @classmethod
    def of(cls, person: User) -> "_State":
        [numbers] = _NUMBERS.rows(person.pk)
        return cls(*(number or 0 for number in numbers))


def _numbers_of(person: int, _among: list[int]) -> QuerySet[User, Any]:
    unread = Notification.objects.filter(person=OuterRef("pk"), read_at__isnull=True)
    return User.objects.filter(pk=person).values_list(
        Subquery(unread.order_by().values("person").annotate(n=Count("pk")).values("n")),
        Subquery(LastLook.objects.filter(person=OuterRef("pk")).values("event_id")),
        Subquery(Event.objects.order_by("-pk").values("pk")[:1]),
        Exists(Match.objects.told(OuterRef("pk"))),
    )


_NUMBERS = Prepared(_numbers_of)
