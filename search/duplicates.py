"""Looking for the like of every document, and keeping the pairs that were found.

Each text is looked at once: against all others, by the engine's candidates. A new idea thus costs
the same however many there are, and older ones need not be looked at again, for a pair is found
from either side.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pieces.memory import Memory, shared
from search import engines
from search.calibration import scorer
from search.engines.base import EVERYTHING
from search.grouping import Link, group_of, stars
from search.meaning import current_embedder
from search.models import Document, DocumentQuerySet, Examination, Pair
from search.pairs import PairQuerySet, ordered
from search.similar import Match, like
from search.similarity import FEATURES

# So many likes of one text are kept, and so many texts are written at once.
KEPT = 20
BATCH = 50
# A wake-up looks among the documents that were written last; the sweep looks among all.
LATELY = 100
# By then an index that is told shows what it was told.
SHOWN_AFTER = timedelta(seconds=15)

UNCOMPARED, UNCOMPARED_SECONDS = "search:uncompared", 60
_uncompared = Memory[int](1, 5.0)

Examined = Sequence[tuple[Document, list[Match]]]


def unexamined() -> DocumentQuerySet:
    """Texts whose like has not been looked for: new, changed, or seen by another fit or threshold.

    Those that wait for their vector wait here too.
    """
    by = current_embedder()
    seen = Q(vector_model=OuterRef("vector_model"))
    seen &= Q(once_more_at=None) | Q(once_more_at__gt=timezone.now())
    texts = _unknown(seen)
    return texts.filter(vector_model=by.name) if by.available else texts


def uncompared() -> int:
    """How many texts are still to be compared with all others; counted every minute at most."""
    return _uncompared.get_or_make(
        UNCOMPARED, lambda: shared(UNCOMPARED, UNCOMPARED_SECONDS, _counted)
    )


def _counted() -> int:
    by = current_embedder()
    # Those that were compared before they had a vector are compared again.
    return _unknown(Q(vector_model=by.name) if by.available else Q()).count()


def _unknown(seen: Q) -> DocumentQuerySet:
    """Texts that nobody has looked at so, in their present form, with the fit in use."""
    levels = scorer()
    known = Examination.objects.filter(
        seen,
        document=OuterRef("pk"),
        text_hash=OuterRef("text_hash"),
        scorer=levels.name,
        least__lte=levels.least("propose"),
    )
    return Document.objects.present().filter(~Exists(known))


def find_all() -> Iterator[tuple[int, int]]:
    """Look for the like of every text that has not been looked at; yields (done, of) per batch.

    Each batch is kept as it comes: what was interrupted goes on where it stopped.
    """
    _forget_gone()
    total = unexamined().count()
    done, last = 0, ""
    yield done, total
    while batch := list(unexamined().filter(pk__gt=last).order_by("pk")[:BATCH]):
        _keep([(document, _likes(document)) for document in batch])
        done, last = done + len(batch), batch[-1].pk
        yield done, max(total, done)
    regroup()


def find_waiting(seconds: float, lately: bool = False) -> int:
    """The same for about so many seconds; how many texts were looked at.

    `lately`: only among the documents that were written last, which costs next to nothing.
    """
    until = time.monotonic() + seconds
    examined: list[tuple[Document, list[Match]]] = []
    for document in _waiting(lately):
        examined.append((document, _likes(document)))
        if time.monotonic() > until:
            break
    if not lately:
        _forget_gone()
    if examined:
        regroup(_keep(examined, settled=engines.engine().reads_table))
    return len(examined)


def _waiting(lately: bool) -> DocumentQuerySet:
    waiting = unexamined()
    if lately:
        newest = Document.objects.order_by("-change").values_list("pk", flat=True)[:LATELY]
        waiting = waiting.filter(pk__in=list(newest))
    return waiting.order_by("-published_at")[: 10 * BATCH]


def _likes(document: Document) -> list[Match]:
    return like(document, scope=EVERYTHING, n=KEPT, least=scorer().least("propose"))


def _keep(examined: Examined, settled: bool = True) -> set[str]:
    """Write what was found in one transaction; the keys whose groups may have changed."""
    name, least = scorer().name, scorer().least("propose")
    pairs = {(p.one_id, p.other_id): p for p in _pairs(examined, name)}
    keys = [document.pk for document, _matches in examined]
    before = set(
        Examination.objects.filter(pk__in=keys, scorer=name).values_list("pk", "text_hash")
    )
    again = None if settled else timezone.now() + SHOWN_AFTER
    looked = [
        Examination(
            document_id=document.pk,
            text_hash=document.text_hash,
            vector_model=document.vector_model,
            scorer=name,
            least=least,
            once_more_at=None if (document.pk, document.text_hash) in before else again,
        )
        for document, _matches in examined
    ]
    with transaction.atomic():
        outdated = Pair.objects.touching(keys).outdated(name)
        touched = {key for ends in outdated.values_list("one", "other") for key in ends}
        outdated.delete()
        Pair.objects.bulk_create(
            # In one order, so that two processes never wait for each other in a circle.
            [pairs[ends] for ends in sorted(pairs)],
            update_conflicts=True,
            unique_fields=["one", "other"],
            update_fields=_JUDGED,
            batch_size=500,
        )
        Examination.objects.bulk_create(
            looked,
            update_conflicts=True,
            unique_fields=["document"],
            update_fields=["text_hash", "vector_model", "scorer", "least", "once_more_at"],
        )
    return touched.union(*pairs) if pairs else touched


_JUDGED = [
    *("one_hash", "other_hash", "probability", "features"),
    *("shared", "by_meaning", "scorer"),
]


def _pairs(examined: Examined, name: str) -> Iterator[Pair]:
    for document, matches in examined:
        for match in matches:
            hashes = {document.pk: document.text_hash, match.key: match.text_hash}
            one, other = ordered(document.pk, match.key)
            yield Pair(
                one_id=one,
                other_id=other,
                one_hash=hashes[one],
                other_hash=hashes[other],
                probability=match.probability,
                features=dict(zip(FEATURES, match.features, strict=True)),
                shared=match.shared_terms,
                by_meaning=match.by_meaning,
                scorer=name,
            )


def _forget_gone() -> None:
    """Pairs of documents that were removed."""
    Pair.objects.filter(Q(one__deleted=True) | Q(other__deleted=True)).delete()


# --- Groups -----------------------------------------------------------------------------------


def regroup(touched: Collection[str] | None = None) -> None:
    """Group the pairs anew: all of them, or those that hang together with some documents."""
    proposed = Pair.objects.standing().likely(scorer().least("propose"))
    if touched is None:
        pairs = Pair.objects.all()
        _write_groups(pairs, _links(proposed))
    elif touched:
        keys, links = _component(proposed, touched)
        for start in range(0, len(keys), 500):
            _write_groups(Pair.objects.touching(keys[start : start + 500]), links)


def _links(pairs: PairQuerySet) -> set[Link]:
    return set(pairs.values_list("one", "other", "probability"))


def _component(proposed: PairQuerySet, touched: Iterable[str]) -> tuple[list[str], set[Link]]:
    """The keys that hang together with those touched, by any way, and the links between them."""
    known, edge = set[str](), set(touched)
    links = set[Link]()
    while edge:
        known |= edge
        found = set[Link]()
        keys = sorted(edge)
        for start in range(0, len(keys), 500):
            found |= _links(proposed.touching(keys[start : start + 500]))
        links |= found
        edge = {key for one, other, _p in found for key in (one, other)} - known
    return sorted(known), links


def _write_groups(pairs: PairQuerySet, links: Collection[Link]) -> None:
    """Give each of the pairs its group; those that are no links have none."""
    middles = stars(links)
    linked = {(one, other) for one, other, _probability in links}
    changed = []
    for pair in pairs.only("one", "other", "group").iterator():
        ends = (pair.one_id, pair.other_id)
        group = group_of(*ends, middles) if ends in linked else ""
        if pair.group != group:
            pair.group = group
            changed.append(pair)
    Pair.objects.bulk_update(changed, ["group"], batch_size=500)
