"""What ideas merged together share: one lock, one count of people, one way in and one way out.

The row of the head is the lock of its whole group. Whoever changes votes, comments or links takes
it first, two heads in the order of their keys, and waits for no head while holding a member: so
nobody waits in a circle.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ideas.models.audience import Audience
from ideas.models.event import Event
from ideas.models.state import Conflict, Refused
from ideas.models.vote import Vote, tally

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea

COUNTS = ("support", "rising", "voices", "places", "comments_count", "views")


@contextmanager
def locked_head(idea: "Idea") -> Iterator["Idea"]:
    """One transaction with the head of the idea's group locked, whatever was merged meanwhile."""
    ideas = type(idea).objects
    key = idea.canonical_id or idea.pk
    while True:
        with transaction.atomic():
            head = ideas.locked().get(pk=key)
            if not head.is_merged and (
                head.pk == idea.pk or ideas.filter(pk=idea.pk, canonical=head.pk).exists()
            ):
                yield head
                return
            # It was merged or parted while we waited. Taking the new head on top of this row
            # could close a circle of waiting: the rollback lets go of it first.
            transaction.set_rollback(True)
        key = ideas.values_list("canonical", flat=True).get(pk=idea.pk) or idea.pk


def count(idea: "Idea") -> None:
    """Derive the counters of a locked idea from the rows of its group, unsaved."""
    for name, value in tally(idea).items():
        setattr(idea, name, value)
    idea.views = Audience.objects.viewers([idea.pk])[idea.pk]
    idea.comments_count = idea.group().aggregate(total=Sum("own_comments"))["total"] or 0


def supporters(*ideas: "Idea") -> int:
    """How many distinct people back these ideas and those merged into them."""
    groups = [key for idea in ideas for key in idea.group().values_list("pk", flat=True)]
    return Vote.objects.filter(idea__in=groups).values("person").distinct().count()


def refusal(source: "Idea", target: "Idea") -> Refused | None:
    """Why `source` cannot be merged into `target`; None where it can."""
    if target.pk == source.pk:
        return Refused(_("An idea cannot be merged into itself."), code="self")
    if source.is_merged:
        return Conflict(_("This idea is merged into another one."), code="merged")
    if target.is_merged:
        return Conflict(_("The other idea is itself merged elsewhere."), code="merged")
    if not target.is_visible:
        return Refused(_("Publish the other idea first."), code="hidden")
    return None


def merge(
    source: "Idea", target: "Idea", by: "User", reason: str = "", version: int | None = None
) -> "Idea":
    """Link `source` and what is merged into it to `target`; every vote stays where it was cast."""
    if not by.has_perm("ideas.moderate_idea"):
        raise PermissionDenied
    with transaction.atomic():
        rows = {
            row.pk: row
            for row in type(source).objects.locked().filter(pk__in=[source.pk, target.pk])
        }
        source, target = rows[source.pk], rows[target.pk]
        source.check_decision("merge", version)
        if why_not := refusal(source, target):
            raise why_not
        now, since = timezone.now(), source.decided_at
        for member in source.sources.locked():
            _link(member, target)
            member.renew("canonical", "version")
            Event.record(
                member, Event.Kind.MERGED, by, at=now, other=target, data={"via": source.pk}
            )
        _link(source, target)
        source.decided_at = now
        count(source)
        source.renew("canonical", "version", "decided_at", *COUNTS)
        count(target)
        target.renew(*COUNTS)
        Event.record(
            source,
            Event.Kind.MERGED,
            by,
            at=now,
            other=target,
            reason=reason.strip(),
            before=source.state,
            data=since_then(since),
        )
        Event.record(target, Event.Kind.ABSORBED, by, at=now, other=source)
        return source


def part(source: "Idea", by: "User", reason: str = "", version: int | None = None) -> "Idea":
    """Clear the link: each idea is again what its own votes and comments say.

    Ideas that came along when `source` was merged go back to it.
    """
    if not by.has_perm("ideas.moderate_idea"):
        raise PermissionDenied
    with locked_head(source) as head:
        row = type(source).objects.locked().get(pk=source.pk)
        row.check_version(version)
        if not row.is_merged:
            raise Conflict(_("This merge has already been undone."), code="not-merged")
        for member in _came_along(row, head):
            _link(member, row)
            member.renew("canonical", "version")
            Event.record(member, Event.Kind.UNMERGED, by, other=head, data={"back": row.pk})
        _link(row, None)
        row.decided_at = decided_before(row)
        count(row)
        row.renew("canonical", "version", "decided_at", *COUNTS)
        count(head)
        head.renew(*COUNTS)
        Event.record(row, Event.Kind.UNMERGED, by, other=head, reason=reason.strip())
        Event.record(head, Event.Kind.RELEASED, by, other=row)
        return row


def since_then(decided_at: datetime | None) -> dict[str, str]:
    """What a decision's event remembers of the decision before it."""
    return {"since": decided_at.isoformat()} if decided_at else {}


def decided_before(idea: "Idea") -> datetime | None:
    """When the decision before the present one was taken; None if there was none."""
    last = idea.standing_decision()
    since = last.data.get("since") if last else None
    return parse_datetime(since) if since else None


def _link(idea: "Idea", target: "Idea | None") -> None:
    idea.canonical = target
    idea.version += 1


def _came_along(source: "Idea", head: "Idea") -> list["Idea"]:
    """The members of `head` that are there because `source` was merged into it."""
    merges = Event.objects.filter(
        kind=Event.Kind.MERGED, other=head, idea__canonical=head
    ).order_by("pk")
    via = {event.idea_id: event.data.get("via") for event in merges}
    keys = [key for key, by_way_of in via.items() if by_way_of == source.pk]
    return list(head.sources.locked().filter(pk__in=keys))
