"""The moderators' queue as its address describes it: tab, filters and place in it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode

from accounts.models import Region, User
from ideas.days import this_day
from ideas.models import Event, Idea, IdeaQuerySet, Theme
from ideas.models.queryset import ANSWER_WITHIN

SIZE = 20
AWAITING, DETAILS, DUPLICATES, DECIDED = TABS = (
    "awaiting",
    "details",
    "duplicates",
    "decided",
)
# How long a decision is shown as recent, and over how long promptness is measured.
RECENT = timedelta(days=30)
_FIRST_ANSWER = Q(before=Idea.State.SUBMITTED)


@dataclass(frozen=True)
class Waiting:
    """An idea with how many days ago it came, and how many of them are beyond the promise."""

    idea: Idea
    days: int
    late: int

    @classmethod
    def since(cls, idea: Idea) -> "Waiting":
        days = (timezone.localdate() - timezone.localdate(idea.submitted_at)).days
        return cls(idea, days, max(0, days - ANSWER_WITHIN.days))


@dataclass(frozen=True)
class Queue:
    tab: str = AWAITING
    theme: str = ""
    region: str = ""
    after: str = ""

    @classmethod
    def asked(cls, get: QueryDict) -> "Queue":
        """What the address, or a form sent from the queue, asks for."""
        tab = get.get("tab", AWAITING)
        return cls(
            tab if tab in TABS else AWAITING,
            theme=get.get("theme", "")[:50].replace("\0", ""),
            region=get.get("region", "")[:50].replace("\0", ""),
            after=get.get("after", ""),
        )

    # --- Addresses --------------------------------------------------------------------------

    @property
    def filters(self) -> dict[str, str]:
        return {k: v for k, v in (("theme", self.theme), ("region", self.region)) if v}

    @property
    def filtered(self) -> bool:
        return bool(self.filters)

    def url(self, **changes: Any) -> str:
        """The first page of the queue with these changes."""
        queue = replace(self, after="", **changes)
        tab = {} if queue.tab == AWAITING else {"tab": queue.tab}
        pairs = {**tab, **queue.filters}
        return reverse("triage:queue") + (f"?{urlencode(pairs)}" if pairs else "")

    def next_url(self, cursor: str) -> str:
        url = self.url()
        return f"{url}{'&' if '?' in url else '?'}{urlencode({'after': cursor})}"

    def on(self, tab: str) -> "Queue":
        """The same filters on another tab."""
        return replace(self, tab=tab, after="")

    def pair_url(self, pk: int) -> str:
        url = reverse("triage:pair", args=[pk])
        return f"{url}?{urlencode(self.filters)}" if self.filters else url

    def review_url(self, pk: int) -> str:
        url = reverse("triage:review", args=[pk])
        return f"{url}?{urlencode(self.filters)}" if self.filters else url

    # --- Ideas ------------------------------------------------------------------------------

    def _chosen(self, field: str = "") -> Q:
        """The filters, on ideas or on what refers to them by `field`."""
        chosen = Q()
        if self.theme:
            chosen &= Q(**{f"{field}theme__slug": self.theme})
        if self.region:
            chosen &= Q(**{f"{field}entity__region__slug": self.region})
        return chosen

    def ideas(self) -> IdeaQuerySet:
        """Those of the tab, oldest first."""
        rows = Idea.objects.awaiting_details() if self.tab == DETAILS else None
        rows = Idea.objects.awaiting_decision() if rows is None else rows
        return rows.filter(self._chosen())

    def page(self) -> tuple[list[Waiting], str]:
        """A page of ideas, and the cursor of the next one ("" at the end)."""
        rows = self.ideas().for_cards().select_related("entity__region")
        if at := _place(self.after):
            rows = rows.filter(Q(submitted_at__gt=at[0]) | Q(submitted_at=at[0], pk__gt=at[1]))
        found = list(rows[: SIZE + 1])
        last = found[SIZE - 1] if len(found) > SIZE else None
        waiting = [Waiting.since(idea) for idea in found[:SIZE]]
        return waiting, _cursor(last.submitted_at, last.pk) if last else ""

    def following(self, idea: Idea) -> Idea | None:
        """The next idea to be read after this one; from the front again at the end."""
        rows = replace(self, tab=AWAITING).ideas().exclude(pk=idea.pk)
        later = rows.filter(
            Q(submitted_at__gt=idea.submitted_at)
            | Q(submitted_at=idea.submitted_at, pk__gt=idea.pk)
        )
        return later.first() or rows.first()

    def earlier(self, idea: Idea) -> int:
        """How many ideas have been waiting for longer."""
        return (
            replace(self, tab=AWAITING)
            .ideas()
            .filter(
                Q(submitted_at__lt=idea.submitted_at)
                | Q(submitted_at=idea.submitted_at, pk__lt=idea.pk)
            )
            .count()
        )

    # --- Decisions --------------------------------------------------------------------------

    def _decisions(self) -> QuerySet[Event]:
        since = timezone.now() - RECENT
        return Event.objects.standing().filter(self._chosen("idea__"), at__gte=since)

    def decided(self) -> tuple[list[Event], str]:
        """A page of recent decisions that stand, newest first, and the cursor of the next."""
        rows = self._decisions().select_related(
            "idea__theme", "idea__entity", "idea__author", "actor", "other"
        )
        if at := _place(self.after):
            rows = rows.filter(Q(at__lt=at[0]) | Q(at=at[0], pk__lt=at[1]))
        found = list(rows.order_by("-at", "-pk")[: SIZE + 1])
        last = found[SIZE - 1] if len(found) > SIZE else None
        return found[:SIZE], _cursor(last.at, last.pk) if last else ""

    # --- Figures ----------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """How many ideas the tabs of waiting ideas have."""
        return (
            Idea.objects.heads()
            .filter(self._chosen())
            .aggregate(
                awaiting=Count("pk", filter=Q(state=Idea.State.SUBMITTED)),
                details=Count("pk", filter=Q(state=Idea.State.NEEDS_DETAILS)),
            )
        )

    def progress(self, person: User) -> dict[str, int | None]:
        """Ideas decided today, by everybody and by this person; and how promptly, in percent.

        Promptness: of the first answers that were given or fell due in the last 30 days, those
        given within the promised time. What still waits beyond it counts as late.
        """
        today, in_time = Q(at__gte=this_day()), Q(at__lte=F("idea__submitted_at") + ANSWER_WITHIN)
        figures = self._decisions().aggregate(
            decided=Count("pk"),
            today=Count("pk", filter=today),
            mine=Count("pk", filter=today & Q(actor=person)),
            answered=Count("pk", filter=_FIRST_ANSWER),
            prompt=Count("pk", filter=_FIRST_ANSWER & in_time),
        )
        late = Idea.objects.awaiting_decision().overdue().filter(self._chosen()).count()
        owed = figures.pop("answered") + late
        share = round(100 * figures.pop("prompt") / owed) if owed else None
        return {**figures, "late": late, "prompt": share}


def words() -> dict[str, list[tuple[str, str]]]:
    """What the queue can be narrowed by: slugs and names."""
    return {
        "themes": [(theme.slug, theme.name) for theme in Theme.objects.all()],
        "regions": list(Region.objects.values_list("slug", "name")),
    }


def _cursor(at: datetime, pk: int) -> str:
    return f"{at.isoformat()}~{pk}"


def _place(cursor: str) -> tuple[datetime, int] | None:
    """The place that a cursor stands for; None for the start, and for what we did not hand out."""
    at, _tilde, pk = cursor.partition("~")
    try:
        when = parse_datetime(at)
    except ValueError:
        return None
    if when is None or timezone.is_naive(when) or not pk.isdecimal() or len(pk) > 18:
        return None
    return when, int(pk)
