from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Coalesce

from ideas.days import this_day
from ideas.models.seal import Seal
from ideas.models.state import State
from ideas.models.vote import Vote

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea  # noqa: F401  (named in the class below)

# What authors are promised: an answer, whatever it is, within this time.
ANSWER_WITHIN = timedelta(days=15)


class IdeaQuerySet(models.QuerySet["Idea"]):
    def visible(self) -> Self:
        """Published once and not withdrawn since: what every colleague may read."""
        return self.filter(published_at__isnull=False).exclude(state=State.WITHDRAWN)

    def heads(self) -> Self:
        """Not merged into another idea."""
        return self.filter(canonical__isnull=True)

    def listed(self) -> Self:
        return self.visible().heads()

    def awaiting_decision(self) -> Self:
        """What moderators owe an answer: oldest first."""
        return self.heads().filter(state=State.SUBMITTED).order_by("submitted_at", "pk")

    def awaiting_details(self) -> Self:
        """What moderators asked the authors about: oldest first."""
        return self.heads().filter(state=State.NEEDS_DETAILS).order_by("submitted_at", "pk")

    def overdue(self) -> Self:
        """Older than the answer that authors were promised, which they were for a day."""
        return self.filter(submitted_at__lt=this_day() - ANSWER_WITHIN)

    def of(self, person: "User") -> Self:
        """The person's own ideas, the anonymous ones included: for this person's eyes only."""
        seals = Seal.objects.filter(idea__in=self.filter(is_anonymous=True)).of(person)
        return self.filter(Q(author=person) | Q(pk__in=seals.values("idea_id")))

    def backed_by(self, person: "User") -> models.QuerySet[Any, Any]:
        """The keys of the heads whose group this person backs, the latest vote first."""
        votes = Vote.objects.filter(person=person)
        heads = votes.values(head=Coalesce("idea__canonical", "idea")).annotate(last=Max("at"))
        return (
            heads.filter(head__in=self.values("pk"))
            .order_by("-last", "-head")
            .values_list("head", flat=True)
        )

    def readable_by(self, person: "User") -> Self:
        if person.has_perm("ideas.moderate_idea"):
            return self
        return self.filter(
            Q(pk__in=self.model.objects.visible().values("pk"))
            | Q(pk__in=self.model.objects.of(person).values("pk"))
        )

    def in_groups_of(self, heads: Iterable[int] | models.QuerySet[Any, Any]) -> Self:
        """These ideas and those merged into them.

        What belongs to a group is found by its ideas: a condition on both sides of a join, "of
        the idea or of one that is merged into it", makes PostgreSQL read both tables.
        """
        return self.filter(Q(pk__in=heads) | Q(canonical__in=heads))

    def for_cards(self) -> Self:
        return self.select_related("theme", "moment", "entity", "author", "campaign")

    def as_seen_by(self, person: "User | int") -> Self:
        """With `is_backed`: this person backs the idea's group; and what `is_by` asks for.

        `may_have_joined`: one that was merged into it is this person's, or nobody's by the row;
        `group.joined_by` knows.
        """
        votes = Vote.objects.filter(person=person)
        backed = Exists(votes.filter(idea=OuterRef("pk"))) | Exists(
            votes.filter(idea__canonical=OuterRef("pk"))
        )
        sources = self.model.objects.filter(canonical=OuterRef("pk"))
        joined = Exists(sources.filter(Q(author=person) | Q(is_anonymous=True)))
        return self.select_related("seal").annotate(is_backed=backed, may_have_joined=joined)

    def locked(self) -> Self:
        """The rows as they are now, locked in key order until the transaction ends.

        Others can still write rows that refer to the idea (who reads it, who follows it).
        """
        return self.select_for_update(of=("self",), no_key=True).order_by("pk")
