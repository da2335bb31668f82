"""Where an idea stands, what happens next and what has happened, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ideas.models import Event, Idea

State, Kind = Idea.State, Event.Kind
_BY_AUTHOR = {Kind.SUBMITTED, Kind.REVISED, Kind.DETAILS_GIVEN, Kind.WITHDRAWN}
# Between the author and the moderators, even after publication.
_CONFIDENTIAL = {
    Kind.DETAILS_ASKED,
    Kind.DETAILS_GIVEN,
    Kind.MERGED,
    Kind.ABSORBED,
    Kind.ADOPTED,
}
_ENDED = {Kind.DECLINED, Kind.WITHDRAWN}


@dataclass(frozen=True)
class Stop:
    """A stop of the route, or of the timeline where `when`, `by` and the rest are known."""

    label: str
    stop: str = "done"
    icon: str = ""
    when: datetime | None = None
    by: str = ""
    text: str = ""
    url: str = ""
    url_label: str = ""

    @property
    def title(self) -> str:
        return self.label


@dataclass(frozen=True)
class Route:
    stops: list[Stop]
    next: str = ""
    when: str = ""


def route(idea: Idea, has_project: bool, mine: bool) -> Route:
    """The stops of the idea, where it stands on them, and what happens next."""
    stages = [
        (_("Submitted"), "letter"),
        (_("Details asked for"), "question")
        if idea.state == State.NEEDS_DETAILS
        else (_("Read by a moderator"), "eye"),
        (_("Published"), "megaphone"),
        (_("Adopted"), "star"),
        (_("Project"), "project"),
    ]
    here = _stage(idea, has_project)
    if idea.state in {State.DECLINED, State.WITHDRAWN}:
        end = (idea.get_state_display(), f"state-{idea.state}")
        return Route(
            _stops([*stages[: here + 1], end], here + 1, "ended"), _next(idea, False, mine)
        )
    return Route(_stops(stages, here, "current"), _next(idea, has_project, mine), _waiting(idea))


def _stage(idea: Idea, has_project: bool) -> int:
    """How many stops lie behind the idea."""
    if idea.state == State.ADOPTED:
        return 4 if has_project else 3
    if idea.state in {State.DECLINED, State.WITHDRAWN}:
        decided = idea.state == State.DECLINED
        return 2 if idea.published_at else int(decided)
    return 2 if idea.state == State.PUBLISHED else 1


def _stops(stages: list[tuple[str, str]], here: int, there: str) -> list[Stop]:
    return [
        Stop(
            label=str(label).capitalize(),
            stop="done" if at < here else there if at == here else "next",
            icon="" if at < here else icon,
        )
        for at, (label, icon) in enumerate(stages)
    ]


NEXT_FOR_AUTHOR: dict[str, Any] = {
    State.SUBMITTED: gettext_lazy(
        "A moderator reads your idea, then publishes it, asks you for details or tells you why "
        "not. The answer will be here and in your news."
    ),
    State.NEEDS_DETAILS: gettext_lazy(
        "Answer the moderator’s question: your idea then goes on its way."
    ),
    State.DECLINED: gettext_lazy(
        "The reason is on the page of your idea. If you see a way round it, submit it in a new "
        "form."
    ),
}
NEXT_FOR_ALL: dict[str, Any] = {
    State.SUBMITTED: gettext_lazy("Until a moderator publishes it, only its author sees it."),
    State.NEEDS_DETAILS: gettext_lazy("Its author has been asked for details."),
    State.PUBLISHED: gettext_lazy(
        "Colleagues back it and discuss it. The ideas to adopt are chosen among those that gather "
        "the most support."
    ),
    State.ADOPTED: gettext_lazy(
        "A project lead prepares its project: a pilot, its place and dates, and what will be "
        "measured. Everyone who backs the idea will be told."
    ),
}


def _next(idea: Idea, has_project: bool, mine: bool) -> str:
    if idea.state == State.ADOPTED and has_project:
        return _("Its project is under way: see on its page what it changes.")
    own = NEXT_FOR_AUTHOR.get(idea.state) if mine else None
    return str(own or NEXT_FOR_ALL.get(idea.state, ""))


def _waiting(idea: Idea) -> str:
    """By when an answer is promised; the truth where that day has passed."""
    if idea.state != State.SUBMITTED:
        return ""
    promised = timezone.localtime(idea.answer_due)
    words = {"day": date_format(promised, "DATE_FORMAT")}
    if promised.date() < timezone.localdate():
        return _("The answer is late: it was promised for %(day)s.") % words
    return _("Answer by %(day)s.") % words


TITLES = {
    Kind.SUBMITTED: gettext_lazy("Submitted"),
    Kind.REVISED: gettext_lazy("Text revised by its author"),
    Kind.PUBLISHED: gettext_lazy("Published"),
    Kind.DETAILS_ASKED: gettext_lazy("Details asked of its author"),
    Kind.DETAILS_GIVEN: gettext_lazy("Details given by its author"),
    Kind.DECLINED: gettext_lazy("Declined"),
    Kind.REOPENED: gettext_lazy("Decision taken back"),
    Kind.MERGED: gettext_lazy("Merged into another idea"),
    Kind.ABSORBED: gettext_lazy("Joined by another idea that says the same"),
    Kind.UNMERGED: gettext_lazy("Separated again from another idea"),
    Kind.RELEASED: gettext_lazy("An idea that had been merged stands on its own again"),
    Kind.ADOPTED: gettext_lazy("Adopted"),
    Kind.PROJECT_PUBLISHED: gettext_lazy("Its project is published"),
    Kind.WITHDRAWN: gettext_lazy("Withdrawn by its author"),
}


def timeline(idea: Idea, events: Iterable[Event], in_confidence: bool) -> list[Stop]:
    """The events of the idea as stops; `in_confidence` for its author and the moderators."""
    return [_told(idea, event, in_confidence) for event in events if event.kind in TITLES]


def _told(idea: Idea, event: Event, in_confidence: bool) -> Stop:
    hidden = idea.is_anonymous and event.kind in _BY_AUTHOR
    other = event.other if event.other and event.other.is_visible else None
    return Stop(
        label=str(TITLES[Kind(event.kind)]),
        stop="ended" if event.kind in _ENDED else "done",
        icon=_icon(event.kind),
        # The acts of an anonymous author are known to the day.
        when=None if hidden else event.at,
        by=_by(idea, event, hidden),
        text=event.reason if in_confidence or event.kind not in _CONFIDENTIAL else "",
        url=other.get_absolute_url() if other else "",
        url_label=f"{other.reference} {other.title}" if other else "",
    )


def _by(idea: Idea, event: Event, hidden: bool) -> str:
    if hidden:
        day = date_format(timezone.localtime(event.at), "DATE_FORMAT")
        return _("%(day)s · somebody who stays anonymous") % {"day": day}
    return str(event.actor) if event.actor else ""


def _icon(kind: str) -> str:
    return "project" if kind == Kind.PROJECT_PUBLISHED else f"event-{kind}"
