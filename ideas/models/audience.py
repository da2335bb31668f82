"""How many people saw an idea, without keeping who they are."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ideas import ranking, sketch
from ideas.models.seal import digest


def mark_of(person: int) -> int:
    """What a person leaves in the audience of every idea; made with the seal key."""
    return sketch.mark(digest("audience", person))


class AudienceQuerySet(models.QuerySet["Audience"]):
    def locked(self) -> Self:
        return self.select_for_update().order_by("pk")

    def viewers(self, ideas: Iterable[int]) -> dict[int, int]:
        """By idea: about how many distinct people saw it or what is merged into it, coarsely.

        One viewer is taken off for each anonymous idea of the group, for its author, whether or
        not the author looked: nobody asks who that is.
        """
        keys = set(ideas)
        # Asked of the ideas alone: an "or" over both tables reads them to the end.
        known = apps.get_model("ideas", "Idea")._default_manager
        groups = known.filter(Q(pk__in=keys) | Q(canonical__in=keys)).values("pk")
        rows = self.filter(idea__in=groups).values_list(
            "idea", "idea__canonical", "idea__is_anonymous", "sketch"
        )
        seen, authors = defaultdict[int, list[sketch.Registers]](list), defaultdict[int, int](int)
        for idea, canonical, anonymous, stored in rows:
            for key in keys & {idea, canonical}:
                seen[key].append(sketch.unpacked(stored))
                authors[key] += anonymous
        return {
            key: ranking.coarse(max(0, sketch.people(sketch.union(seen[key])) - authors[key]))
            for key in keys
        }


class Audience(models.Model):
    """The people who saw an idea: on a card, among similar ideas, or its page (`ideas.sketch`)."""

    idea = models.OneToOneField(
        "ideas.Idea", on_delete=models.CASCADE, primary_key=True, related_name="audience"
    )
    sketch = models.BinaryField(default=b"", editable=False)

    objects = AudienceQuerySet.as_manager()

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")

    def __str__(self) -> str:
        return f"audience of idea {self.idea_id}"

    def admit(self, marks: Iterable[int]) -> bool:
        """Let people in, unsaved; False when all of them were in already."""
        registers = sketch.unpacked(self.sketch)
        sketch.add(registers, marks)
        before, self.sketch = bytes(self.sketch), sketch.packed(registers)
        return bool(before != self.sketch)
