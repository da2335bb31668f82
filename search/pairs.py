"""Pairs of documents that may say the same, and for which texts they have been looked for."""

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import F, Q


def ordered(one: str, other: str) -> tuple[str, str]:
    """The two keys of a pair in the only order in which a pair is kept."""
    return (one, other) if one < other else (other, one)


class PairQuerySet(models.QuerySet["Pair"]):
    def standing(self) -> Self:
        """Both documents are there, with the texts that were compared."""
        return self.filter(
            one__deleted=False,
            other__deleted=False,
            one__text_hash=F("one_hash"),
            other__text_hash=F("other_hash"),
        )

    def likely(self, least: float) -> Self:
        return self.filter(probability__gte=least)

    def touching(self, keys: Collection[str]) -> Self:
        """Those of which one document, or both, are among the keys."""
        return self.filter(Q(one__in=keys) | Q(other__in=keys))

    def outdated(self, scorer: str) -> Self:
        """Those of which a text has changed or gone, or that another fit has judged."""
        return self.exclude(pk__in=self.model.objects.standing().filter(scorer=scorer).values("pk"))


class Pair(models.Model):
    """Two documents that may say the same, as they were when they were compared.

    One row per pair. `group` is the key of the document in the middle of its group
    (`search.grouping`), or both keys where the pair stands alone; "" below the threshold.
    """

    one = models.ForeignKey("search.Document", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("search.Document", on_delete=models.CASCADE, related_name="+")
    one_hash = models.CharField(max_length=64)
    other_hash = models.CharField(max_length=64)
    probability = models.FloatField()
    # By the names of `search.similarity.FEATURES`; stems that both texts have, most telling first.
    features = models.JSONField(default=dict)
    shared = models.JSONField(default=list)
    by_meaning = models.BooleanField(default=False)
    scorer = models.CharField(max_length=60)
    group = models.CharField(max_length=90, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="one_row_per_pair"),
            models.CheckConstraint(condition=~Q(one=F("other")), name="pair_of_two_documents"),
        ]
        indexes = [
            models.Index(fields=["group", "-probability"], name="pair_group"),
            models.Index(fields=["-probability"], name="pair_likely"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} ~ {self.other_id}: {self.probability:.2f}"


class Examination(models.Model):
    """For which text of a document, vector and fit its like has been looked for, and how far.

    Two ideas that come in at once may both be looked at before an index shows either: then there
    is a time from which it is looked at once more. No time is kept for long: it would say who wrote
    an anonymous idea.
    """

    document = models.OneToOneField(
        "search.Document", on_delete=models.CASCADE, primary_key=True, related_name="examination"
    )
    text_hash = models.CharField(max_length=64)
    vector_model = models.CharField(max_length=80, blank=True)
    scorer = models.CharField(max_length=60)
    # Less likely pairs were not kept.
    least = models.FloatField()
    once_more_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.document_id}: {self.scorer}"
