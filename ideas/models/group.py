"""What ideas merged together share: one lock, one count of people, one way in and one way out.

The row of the head is the lock of its whole group. Whoever changes votes, comments or links takes
it first, two heads in the order of their keys, and waits for no head while holding a member: so
nobody waits in a circle.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ideas.models.audience import Audience
from ideas.models.event import Event
from ideas.models.seal import is_own
from ideas.models.state import Conflict, Refused
from ideas.models.vote import Vote, tally
from prepared import Prepared, PreparedObjects, PreparedUpdate

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea

VOTE_COUNTS = ("support", "rising", "voices", "places")
COUNTS = (*VOTE_COUNTS, "comments_count", "views")


class Member(NamedTuple):
    """An idea of a group, for one person: it is theirs, they back it."""

    is_own: bool
    is_backed: bool


def _members_of(person: int, heads: list[int]) -> QuerySet[Any, Any]:
    ideas = apps.get_model("ideas", "Idea")
    votes = Vote.objects.filter(idea=OuterRef("pk"), person=person)
    return (
        ideas(pk=heads[0])
        .group()
        .order_by()
        .values_list("pk", "is_anonymous", "author", "seal__mark", Exists(votes))
    )


_MEMBERS = Prepared(_members_of)


def members(head: "Idea", person: "User") -> list[Member]:
    return [
        Member(is_own(person, pk, anonymous, author, mark), bool(backed))
        for pk, anonymous, author, mark, backed in _MEMBERS.rows(person.pk, [head.pk])
    ]


def joined_by(person: "User", heads: list[int]) -> set[int]:
    """Those of the heads into which an idea of this person was merged."""
    if not heads:
        return set()
    sources = apps.get_model("ideas", "Idea").objects.filter(canonical__in=heads)
    rows: Any = sources.values_list("canonical", "pk", "is_anonymous", "author", "seal__mark")
    return {head for head, *row in rows if is_own(person, *row)}


_LOCKED = PreparedObjects(
    lambda pk, _among: apps.get_model("ideas", "Idea").objects.locked().filter(pk=pk)
)


@contextmanager
def locked_head(idea: "Idea") -> Iterator["Idea"]:
    """One transaction with the head of the idea's group locked, whatever was merged meanwhile."""
    ideas = type(idea).objects
    key = idea.canonical_id or idea.pk
    while True:
        with transaction.atomic():
            head: Idea | None = _LOCKED.get(key)
            if head is None:
                raise type(idea).DoesNotExist
            if not head.is_merged and (
                head.pk == idea.pk or ideas.filter(pk=idea.pk, canonical=head.pk).exists()
            ):
                yield head
                if head.pk == idea.pk:
                    # Whoever asked has the idea as it now is.
                    for name in COUNTS:
                        setattr(idea, name, getattr(head, name))
                return
            # It was merged or parted while we waited. Taking the new head on top of this row
            # could close a circle of waiting: the rollback lets go of it first.
            transaction.set_rollback(True)
        key = ideas.values_list("canonical", flat=True).get(pk=idea.pk) or idea.pk


def count(idea: "Idea") -> None:
    """Derive the counters of a locked idea from the rows of its group, unsaved."""
    count_votes(idea)
    idea.views = Audience.objects.viewers([idea.pk])[idea.pk]
    idea.comments_count = idea.group().aggregate(total=Sum("own_comments"))["total"] or 0


_COUNTERS = PreparedUpdate(lambda pk: apps.get_model("ideas", "Idea").objects.filter(pk=pk))


def save_counters(idea: "Idea", names: Iterable[str]) -> None:
    _COUNTERS.run(idea.pk, **{name: getattr(idea, name) for name in names})


def count_votes(idea: "Idea") -> None:
    for name, value in tally(idea).items():
        setattr(idea, name, value)


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
    source: "Idea",
    target: "Idea",
    by: "User",
    reason: str = "",
    version: int | None = None,
    target_version: int | None = None,
) -> "Idea":
    """Link `source` and what is merged into it to `target`; every vote stays where it was cast.

    `Conflict` if one of them is no longer at the version that the moderator has read.
    """
    if not by.has_perm("ideas.moderate_idea"):
        raise PermissionDenied
    with transaction.atomic():
        rows = {
            row.pk: row
            for row in type(source).objects.locked().filter(pk__in=[source.pk, target.pk])
        }
        source, target = rows[source.pk], rows[target.pk]
        source.check_decision("merge", version)
        target.check_version(target_version)
        if why_not := refusal(source, target):
            raise why_not
        now, since, word = timezone.now(), source.decided_at, reason.strip()
        # Before the others: whoever joins by what follows is told by that.
        Event.record(target, Event.Kind.ABSORBED, by, at=now, other=source, reason=word)
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
            reason=word,
            before=source.state,
            data=since_then(since),
        )
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
