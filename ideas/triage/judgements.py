"""What moderators have said of pairs of ideas, as labels that the scorer can be fitted to."""

from datetime import datetime

from ideas.models import Event, Idea, Verdict

Said = tuple[datetime, tuple[str, str], bool]
Labels = dict[tuple[str, str], bool]


def judged() -> list[tuple[str, str, bool]]:
    """Pairs of keys, each with whether they are the same: the last word on each pair counts.

    A merge that stands says so, an undone one and “not the same idea” say the contrary. What only
    came along with a merge was not looked at and says nothing.
    """
    said = sorted([*_merges(), *_verdicts()], key=lambda row: row[0])
    last: Labels = {pair: same for _at, pair, same in said}
    return [(one, other, same) for (one, other), same in last.items()]


def _merges() -> list[Said]:
    kinds = (Event.Kind.MERGED, Event.Kind.UNMERGED)
    events = Event.objects.filter(kind__in=kinds, other__isnull=False).exclude(
        idea__state=Idea.State.WITHDRAWN
    )
    rows = events.order_by("pk").values_list("at", "idea", "other", "kind", "data")
    return [
        (at, _pair(idea, other), kind == Event.Kind.MERGED)
        for at, idea, other, kind, data in rows
        if not {"via", "back"} & data.keys()
    ]


def _verdicts() -> list[Said]:
    rows = Verdict.objects.standing().values_list("at", "one", "other")
    return [(at, _pair(one, other), False) for at, one, other in rows]


def _pair(one: int, other: int) -> tuple[str, str]:
    first, second = sorted((one, other))
    return str(first), str(second)
