from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideas import ranking
from prepared import Prepared

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea
    from ideas.models.queryset import IdeaQuerySet


class VoteQuerySet(models.QuerySet["Vote"]):
    def counting(self, group: "IdeaQuerySet") -> Self:
        """The first vote of each person among the ideas of a group."""
        earlier = Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk"))
        before = Vote.objects.filter(earlier, idea__in=group, person=OuterRef("person"))
        return self.filter(idea__in=group).exclude(Exists(before))


class Vote(models.Model):
    """One person backs one idea. A vote is never moved: a group of merged ideas counts people."""

    # Found by the constraint and the first index below: every vote would pay for two more.
    idea = models.ForeignKey(
        "ideas.Idea", on_delete=models.CASCADE, related_name="votes", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes", db_index=False
    )
    # Where the person worked then: what a vote counted for does not change when people move.
    entity = models.ForeignKey(
        "accounts.Entity", on_delete=models.PROTECT, related_name="votes", null=True
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint(fields=["idea", "person"], name="one_vote_per_person")
        ]
        indexes = [
            models.Index(fields=["person", "-at"]),
            models.Index(fields=["idea", "entity"]),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.idea_id}"

    @classmethod
    def cast(cls, idea: "Idea", person: "User") -> bool:
        """Back the idea's group; False when this person backed it already."""
        with idea.locked_head() as head:
            if head.check_votable(person):
                return False
            place = person.entity_id
            around = neighbours(head, place)
            vote = cls.objects.create(idea=head, person=person, entity_id=place)
            head.add_support(vote, around)
            return True

    @classmethod
    def withdraw(cls, idea: "Idea", person: "User") -> bool:
        """Stop backing the idea's group; False when there was no vote."""
        with idea.locked_head() as head:
            mine = cls.objects.filter(idea__in=head.group(), person=person)
            members = list(mine.values_list("idea_id", flat=True))
            if not members:
                return False
            cls.objects.filter(idea__in=members, person=person).delete()
            head.recount(votes_alone=True)
            if merged := set(members) - {head.pk}:
                for member in head.group().filter(pk__in=merged).locked():
                    member.recount(votes_alone=True)
            return True


def _group_of(head: int) -> "IdeaQuerySet":
    return apps.get_model("ideas", "Idea")(pk=head).group()


_NEIGHBOURS = Prepared(
    lambda place, heads: (
        Vote.objects.counting(_group_of(heads[0]))
        .filter(entity=place)
        .values("entity")
        .annotate(n=Count("pk"))
        .values_list("n")
    )
)


_VOTES = Prepared(
    lambda head, _among: Vote.objects.filter(idea__in=_group_of(head)).values_list(
        "person", "at", "pk", "entity"
    )
)


def neighbours(head: "Idea", place: int | None) -> int:
    """How many of those who back the group work at this place."""
    if place is None:
        return Vote.objects.counting(head.group()).filter(entity=None).count()
    return sum(n for (n,) in _NEIGHBOURS.rows(place, [head.pk]))


class Cast(NamedTuple):
    """What counting needs to know of a vote."""

    person: int
    at: datetime
    vote: int
    entity: int | None


def counting(votes: Iterable[Cast]) -> list[Cast]:
    """The first vote of each person among those for a group."""
    firsts: dict[int, Cast] = {}
    for vote in votes:
        known = firsts.get(vote.person, vote)
        firsts[vote.person] = min(vote, known, key=_age)
    return list(firsts.values())


def _age(vote: Cast) -> tuple[datetime, int]:
    return vote.at, vote.vote


def tallied(votes: Sequence[Cast]) -> dict[str, float]:
    """What an idea's counters say of the votes that count for its group."""
    by_place = Counter(vote.entity for vote in votes)
    return {
        "support": len(votes),
        "rising": ranking.rising(vote.at.timestamp() for vote in votes),
        "voices": ranking.voices(by_place.values()),
        "places": len(by_place.keys() - {None}),
    }


def tally(idea: "Idea") -> dict[str, float]:
    """The same, from the votes for the idea's group."""
    return tallied(counting(Cast(*row) for row in _VOTES.rows(idea.pk)))
