"""One row per idea: what search knows of it, and the queue of what engines do not know yet."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Self

from django.conf import settings
from django.core.cache import cache
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from prepared import PreparedUpdate
from search import engines
from search.analysis import ANALYSIS, packed
from search.calibration import Calibration, Thresholds
from search.check import Check
from search.pairs import Examination, Pair
from search.synonyms import Synonyms
from search.text import text_hash

__all__ = ["Calibration", "Check", "Document", "Examination", "Pair", "Synonyms", "Thresholds"]

FACETS = ("theme", "moment", "campaign", "region", "profession", "state", "channel")
# Votes come in hundreds: the engine is told of all those of a moment at once.
NUMBERS_WOKEN, NUMBERS_SECONDS = "search:numbers-woken", 2
NUMBERS = ("support", "comments", "views", "rising", "backed", "exploration")


class Change(Func):
    """Stamps a write, so that readers can ask for what was written since they last looked.

    SQLite writes one transaction after the other: the next number. PostgreSQL writes many at
    once: the transaction's own number, which readers compare with the oldest one still open.
    """

    arity = 0
    template = "(SELECT COALESCE(MAX(change), 0) + 1 FROM search_document)"
    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **rest: Any) -> Any:
        template = "(pg_current_xact_id()::text::bigint)"
        return self.as_sql(compiler, connection, template=template, **rest)


class ChangeField(models.BigIntegerField):  # type: ignore[type-arg]
    """Set by the database at every insert; `DocumentQuerySet.update` sets it at every update."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return Change()

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return value if isinstance(value, Func) else super().get_db_prep_save(value, connection)


class DocumentQuerySet(models.QuerySet["Document"]):
    def unindexed(self) -> Self:
        """The queue: what the engine has not been told, tombstones included."""
        return self.filter(indexed_version__lt=F("version")).exclude(refused_version=F("version"))

    def refused(self) -> Self:
        """Set aside: the engine will not take them as they are, and `refusal` says why."""
        return self.filter(refused_version=F("version"), indexed_version__lt=F("version"))

    def present(self) -> Self:
        return self.filter(deleted=False)

    def unembedded(self, model: str) -> Self:
        """Present texts whose vector is missing or was made by another model."""
        return self.present().exclude(vector_model=model)

    def unanalysed(self) -> Self:
        """Present texts whose words were taken by an older analysis."""
        return self.present().exclude(analysis=ANALYSIS)

    def update(self, **changed: Any) -> int:
        return super().update(**_changes(**changed))


def _changes(**changed: Any) -> dict[str, Any]:
    """What else is written with a change."""
    if "indexed_version" in changed:
        changed = {"waiting_since": None, **changed}
    elif "version" in changed:
        # Now, unless the engine was not told of the version before either.
        changed = {"waiting_since": Coalesce(F("waiting_since"), Now()), **changed}
    return {"change": Change(), **changed}


class Document(models.Model):
    key = models.CharField(max_length=40, primary_key=True)
    title = models.CharField(max_length=200)
    body = models.TextField()

    state = models.CharField(max_length=20)
    public = models.BooleanField(default=False)
    theme = models.CharField(max_length=50, blank=True)
    moment = models.CharField(max_length=50, blank=True)
    channel = models.CharField(max_length=50, blank=True)
    campaign = models.CharField(max_length=50, blank=True)
    entity = models.CharField(max_length=20, blank=True)
    region = models.CharField(max_length=50, blank=True)
    profession = models.CharField(max_length=50, blank=True)

    published_at = models.DateTimeField()
    support = models.PositiveIntegerField(default=0)
    comments = models.PositiveIntegerField(default=0)
    views = models.PositiveIntegerField(default=0)
    rising = models.FloatField(default=0)
    backed = models.FloatField(default=0)
    exploration = models.FloatField(default=1)

    text_hash = models.CharField(max_length=64)
    # `search.analysis.packed`: what the embedded engine searches.
    terms = models.BinaryField(default=b"")
    analysis = models.PositiveSmallIntegerField(default=ANALYSIS)
    # int8, one byte per dimension; it and the model's name are empty until it is made.
    vector = models.BinaryField(null=True)
    vector_model = models.CharField(max_length=80, blank=True)

    version = models.PositiveBigIntegerField(default=1)
    indexed_version = models.PositiveBigIntegerField(default=0)
    # Since when the engine does not know its present version. Forgotten when it is told: the time
    # of day would say who wrote an anonymous idea.
    waiting_since = models.DateTimeField(null=True, default=timezone.now, editable=False)
    # The version that the engine would never take, and why; a newer one is tried again.
    refused_version = models.PositiveBigIntegerField(default=0)
    refusal = models.TextField(blank=True)
    deleted = models.BooleanField(default=False)
    change = ChangeField(editable=False, db_index=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [
            # The queue is short; the index holds the queue alone, the oldest change first.
            models.Index(
                fields=["change"],
                name="document_queue",
                condition=Q(indexed_version__lt=F("version")),
            ),
            # What is embedded and what is not is counted on many pages.
            models.Index(
                fields=["vector_model"], name="document_embedded", condition=Q(deleted=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.title}"

    @classmethod
    def put(cls, key: str, **fields: Any) -> None:
        """Write the document's present state; the vector stays while the text stays."""
        digest = _digest(fields)
        with transaction.atomic():
            document = cls.objects.select_for_update().filter(key=key).only("text_hash").first()
            if document is None:
                Document.objects.bulk_create([cls.new(key, fields)])
            else:
                changed = {**fields, "deleted": False}
                if document.text_hash != digest:
                    changed |= {"vector": None, "vector_model": "", **_analysed(fields)}
                cls.objects.filter(key=key).update(
                    **changed, **next_version(engines.engine().reads_table)
                )
        cls._wake()

    @classmethod
    def put_new(cls, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the fields of many keys that have no document yet."""
        Document.objects.bulk_create(
            [cls.new(key, fields) for key, fields in documents.items()], batch_size=500
        )
        cls._wake()

    @classmethod
    def new(cls, key: str, fields: Mapping[str, Any]) -> "Document":
        """A document that has not been written yet."""
        told = engines.engine().reads_table
        queued = {"indexed_version": 1, "waiting_since": None} if told else {}
        return Document(key=key, **queued, **{**fields, **_analysed(fields)})

    @classmethod
    def put_numbers(cls, key: str, **numbers: float) -> None:
        """Write the numbers for ranking alone: one statement, for every vote and comment."""
        cls.put_many_numbers({key: numbers})

    @classmethod
    def put_many_numbers(cls, numbers: Mapping[str, Mapping[str, float]]) -> None:
        """The same for many keys, with one wake-up; others of the same moment need none."""
        told = engines.engine().reads_table
        for key in sorted(numbers):
            _NUMBERS[told].run(key, **numbers[key])
        if not told:
            # Not before: whoever backs the same idea waits for this transaction.
            transaction.on_commit(_wake_soon, robust=True)

    @classmethod
    def mark_told(cls, documents: Iterable["Document"]) -> None:
        """The engine knows these versions; documents that have newer ones stay in the queue."""
        by_version = defaultdict[int, list[str]](list)
        for document in documents:
            by_version[document.version].append(document.key)
        for version, keys in by_version.items():
            same = cls.objects.filter(key__in=keys, version=version)
            same.update(indexed_version=version)

    @classmethod
    def put_copies(cls, keys: Collection[str], **copied: str) -> None:
        """Write what these documents have copied from elsewhere, with one wake-up."""
        told = engines.engine().reads_table
        cls.objects.filter(key__in=keys).update(**copied, **next_version(told))
        if not told:
            cls._wake()

    @classmethod
    def set_aside(cls, reasons: Mapping[str, tuple[int, str]]) -> None:
        """Take these versions out of the queue, each for its reason."""
        for key, (version, reason) in reasons.items():
            same = cls.objects.filter(key=key, version=version)
            same.update(refused_version=version, refusal=reason, waiting_since=None)

    @classmethod
    def try_again(cls) -> int:
        """Put back into the queue what was set aside; how many that was."""
        return cls.objects.refused().update(refused_version=0, refusal="", waiting_since=Now())

    @classmethod
    def remove(cls, key: str) -> None:
        """Leave a tombstone, so that no late write brings the document back."""
        # Without the hash of the text, the same text put again is analysed again.
        texts = {"title": "", "body": "", "text_hash": "", "vector_model": ""}
        gone = {"deleted": True, "vector": None, "terms": b"", **texts}
        told = engines.engine().reads_table
        cls.objects.filter(key=key).update(**gone, **next_version(told))
        if not told:
            cls._wake()

    @classmethod
    def _wake(cls, seconds: float = 0) -> None:
        from search.tasks import drain

        drain.apply_async_on_commit(countdown=seconds)  # type: ignore[attr-defined]


def _wake_soon() -> None:
    # Where tasks run at once there is no later.
    if settings.CELERY_TASK_ALWAYS_EAGER or cache.add(NUMBERS_WOKEN, 1, NUMBERS_SECONDS):
        Document._wake(NUMBERS_SECONDS)


def _digest(fields: Mapping[str, Any]) -> str:
    return text_hash(f"{fields['title']}\n{fields['body']}")


def _analysed(fields: Mapping[str, Any]) -> dict[str, Any]:
    words = packed(fields["title"], fields["body"])
    return {"text_hash": _digest(fields), "terms": words, "analysis": ANALYSIS}


def next_version(told: bool) -> dict[str, Any]:
    """An engine that reads the table itself has been told when the transaction ends."""
    version: dict[str, Any] = {"version": F("version") + 1}
    if told:
        version["indexed_version"] = F("version") + 1
    return version


# By whether the engine reads the table itself.
_NUMBERS = {
    told: PreparedUpdate(
        lambda key: Document.objects.filter(key=key), _changes(**next_version(told))
    )
    for told in (False, True)
}
