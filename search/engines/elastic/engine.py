"""The production engine: answers the questions of `search.engines.base` from Elasticsearch."""

import re
import threading
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from elasticsearch.dsl import Search

from pieces.memory import Memory
from search import frequencies, synonyms
from search.embedding import Vectors
from search.engines.base import (
    Ask,
    EngineUnavailable,
    Enough,
    Hit,
    Page,
    RequestRefused,
    Scope,
    Told,
    Wording,
)
from search.engines.elastic import answers, bulk, questions
from search.engines.elastic.connection import UNREADABLE, Connection
from search.engines.elastic.index import Generation, Indexes
from search.engines.elastic.questions import MOST_WORDS, Alternatives
from search.engines.elastic.rebuilding import filled
from search.meaning import current_embedder, middle
from search.models import Document
from search.similarity import Statistics
from search.text import STOP_WORDS, folded, terms

_WRITTEN = re.compile(r"[^\W_]+")
# What is known of the index and of the corpus is looked up again after so long.
INDEX_SECONDS, CORPUS_SECONDS = 5.0, 60.0
HELD_AT_ONCE = 10_000
# To make an index anew takes minutes: one whose server was just started is given time to come back.
STARTING_SECONDS = 60
# Many people look at the same lists: for so long they are told the same. Counting looks at every
# document of a list, and its page at a few of them only.
LIST_SECONDS, COUNT_SECONDS, LISTS = 1.0, 5.0, 500


class ElasticsearchEngine:
    reads_table = False

    def __init__(self) -> None:
        self._connection = Connection()
        self.indexes = Indexes(self._connection, self._connection.patient)
        # For questions: whoever searches waits no longer for the name of an index either.
        self._quick = Indexes(self._connection, self._connection.client)
        self._lock = threading.Lock()
        self._lists = Memory[Page](LISTS, LIST_SECONDS)
        self._counts = Memory[Page](LISTS, COUNT_SECONDS)
        self.forget()

    def forget(self) -> None:
        """Look everything up again at the next question."""
        self._forget_lists()
        self._serving: Generation | None = None
        self._frequencies: frequencies.Frequencies | None = None
        self._looked_at = self._counted_at = float("-inf")

    def healthy(self) -> bool:
        self._connection.ask(self._connection.client.cluster.health, timeout="500ms")
        return True

    # --- Being told -----------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        serving = self.indexes.serving()
        return (
            serving is not None
            and serving.schema == self.indexes.schema
            and self.indexes.unfinished() is None
            and not self.indexes.is_lost(serving.name)
        )

    def recovered(self) -> bool:
        if serving := self.indexes.serving():
            self.indexes.is_lost(serving.name, after=STARTING_SECONDS)
        return self.complete

    def tell(self, documents: Sequence[Document]) -> Told:
        """Told to every index that is or will be searched, looked up only now.

        The documents were read before: whoever begins to fill a new index later reads the same
        state or a newer one, so that no write falls between two indexes.
        """
        generations = self.indexes.told()
        if not generations:
            raise EngineUnavailable("there is no index yet: the sweep, or search_rebuild, makes it")
        fitting = [made for made in generations if made.schema == self.indexes.schema]
        if not fitting:
            raise EngineUnavailable("the index is of another form: search_rebuild makes it anew")
        return bulk.tell(self._connection, fitting, documents)

    def forget_keys(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        operations = [{"delete": {"_id": key}} for key in keys]
        for name in self.indexes.behind(self.indexes.write):
            self._connection.ask(self._connection.patient.bulk, index=name, operations=operations)

    def held(self) -> Iterator[tuple[str, int]]:
        ask, client = self._connection.ask, self._connection.patient
        if not self.indexes.behind(self.indexes.read):
            return
        ask(client.indices.refresh, index=self.indexes.read)
        pit = ask(client.open_point_in_time, index=self.indexes.read, keep_alive="2m")["id"]
        after: list[Any] | None = None
        while True:
            answer = ask(
                client.search,
                pit={"id": pit, "keep_alive": "2m"},
                size=HELD_AT_ONCE,
                sort=["_shard_doc"],
                version=True,
                source=False,
                track_total_hits=False,
                search_after=after,
            )
            hits = answer["hits"]["hits"]
            yield from ((hit["_id"], hit["_version"]) for hit in hits)
            if len(hits) < HELD_AT_ONCE:
                break
            after = hits[-1]["sort"]
        ask(client.close_point_in_time, id=pit)

    def rebuild(self) -> Iterator[tuple[int, int]]:
        """A new index beside the present one, which goes on answering and being told."""
        by = current_embedder()
        begun = self.indexes.unfinished()
        if begun is None or begun.schema != self.indexes.schema or begun.model != by.name:
            if begun is not None:
                self.indexes.drop(begun.name)
            begun = self.indexes.create(_middle(), by.name)
        yield from filled(self._connection, self.indexes, begun)
        self.indexes.finish(begun.name)
        self.indexes.check(begun.name)
        self.indexes.swap(begun.name)
        self.indexes.drop_old(datetime.now(UTC))
        self.forget()
        frequencies.renew()

    def refresh(self) -> None:
        """Make what was told findable now; for tests and measurements."""
        self._connection.ask(self._connection.patient.indices.refresh, index=self.indexes.write)
        self._forget_lists()

    # --- Answering ------------------------------------------------------------------------

    def lexical(self, ask: Ask) -> Page:
        if not (ask.wording or ask.also or ask.only is not None):
            return self._listed(ask)
        ask = replace(ask, wording=_shortened(ask.wording))
        return self._worded(ask, self._search(ask))

    def hybrid(self, ask: Ask, towards: Vectors | None, n: int, enough: Enough) -> Page:
        """Words and meaning in one round trip, each document counted once."""
        if towards is None:
            return self.lexical(ask)
        ask = replace(ask, wording=_shortened(ask.wording), order="relevance")
        meant = questions.meant(towards, ask, _alternatives(ask.wording), n)
        # Of one index: what is counted here was seen by the same.
        index = self._index().name
        answer, near = self._searches([(index, self._asked(ask)), (index, meant)])
        only = None if ask.only is None else set(ask.only)
        chosen = [key for key in enough(answers.near(near)) if only is None or key in only]
        hits = {hit["_id"]: hit for hit in near["hits"]["hits"]}
        return self._worded(replace(ask, also=chosen), answer, [hits[key] for key in chosen])

    def _listed(self, ask: Ask) -> Page:
        """A page of a list as it was a moment ago; its total and facets may be older."""
        scope = _name(ask.scope)
        # The draw alone is each reader's own.
        seed = ask.seed if ask.order == "discover" else ""
        name = scope, ask.order, ask.after, ask.size, seed, ask.relaxed
        return self._lists.get_or_make(name, lambda: self._looked_up(ask, self._counts.get(scope)))

    def _looked_up(self, ask: Ask, counted: Page | None) -> Page:
        if counted is None:
            page = answers.page(ask, self._search(ask), correction="", relaxed=ask.relaxed)
            self._counts.keep(_name(ask.scope), page)
            return page
        (answer,) = self._searches([(self.indexes.read, questions.listed(ask).to_dict())])
        hits, following = answers.hits(ask, answer)
        return replace(counted, hits=hits, next=following, relaxed=ask.relaxed)

    def nearest(self, towards: Vectors, scope: Scope, n: int) -> list[Hit]:
        body = questions.nearest(towards, scope, n)
        (answer,) = self._searches([(self._index().name, body)])
        return answers.near(answer)

    def alike(self, text: str, scope: Scope, n: int) -> list[Hit]:
        (answer,) = self._searches([(self.indexes.read, questions.alike(text, scope, n))])
        return answers.scored(answer)

    def candidates(
        self, text: str, towards: Vectors | None, scope: Scope, n: int
    ) -> tuple[list[Hit], list[Hit]]:
        asked = [(self.indexes.read, questions.alike(text, scope, n))]
        if towards is not None:
            asked.append((self._index().name, questions.nearest(towards, scope, n)))
        alike, *near = self._searches(asked)
        return answers.scored(alike), [hit for answer in near for hit in answers.near(answer)]

    def suggest(self, prefix: str, n: int, scope: Scope) -> list[str]:
        last = folded(prefix.split()[-1]) if prefix.split() else ""
        if len(last) < 2:
            return []
        asked = [(self.indexes.read, questions.suggest(prefix[:100], 3 * n, scope))]
        (answer,) = self._searches(asked)
        titles = [hit["_source"]["title"] for hit in answer["hits"]["hits"]]
        completed = _completions(last, titles) if prefix.split() == [prefix.strip()] else []
        return list(dict.fromkeys([*completed[:2], *titles]))[:n]

    def statistics(self) -> Statistics:
        # Before the lock is taken: nobody waits in a line for a server that hangs.
        seen_from = self._index().middle
        with self._lock:
            known = self._frequencies
            if known is None or time.monotonic() - self._counted_at > CORPUS_SECONDS:
                known = self._frequencies = frequencies.known()
                self._counted_at = time.monotonic()
        return Statistics(known.documents, known, seen_from)

    # --- Below ----------------------------------------------------------------------------

    def _forget_lists(self) -> None:
        self._lists.clear()
        self._counts.clear()

    def _index(self) -> Generation:
        """The index that is searched, known for some seconds."""
        serving = self._serving
        if serving is None or time.monotonic() - self._looked_at > INDEX_SECONDS:
            serving = self._quick.serving()
            if serving is None:
                raise EngineUnavailable("there is no index yet: search_rebuild makes it")
            self._serving, self._looked_at = serving, time.monotonic()
        return serving

    def _worded(
        self, ask: Ask, first: Mapping[str, Any], near: Sequence[Mapping[str, Any]] = ()
    ) -> Page:
        """The page of a first answer, or of a second one to what was meant.

        `near` are the hits of `ask.also` where the first answer does not count them.
        """
        answer = first
        correction = self._correction(ask.wording.words, answer)
        if correction:
            ask = replace(ask, wording=replace(ask.wording, words=correction))
            answer = self._search(ask)
            correction = _as_written(correction, self._texts(answer))
        relaxed = ask.relaxed
        if not relaxed and len(_alternatives(ask.wording)) > 1 and answers.nothing(answer, ask):
            relaxed = True
            answer = self._search(replace(ask, relaxed=True))
        page = answers.page(ask, answer, correction=correction, relaxed=relaxed)
        return answers.counting(page, ask.scope, near) if answer is first and near else page

    def _search(self, ask: Ask) -> Mapping[str, Any]:
        (answer,) = self._searches([(self.indexes.read, self._asked(ask))])
        return answer

    def _asked(self, ask: Ask) -> Mapping[str, Any]:
        body: dict[str, Any] = questions.page(ask, _alternatives(ask.wording)).to_dict()
        if ask.wording.words and not ask.after:
            body["suggest"] = questions.spelling(ask.wording.words)
        return body

    def _searches(self, asked: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
        """Several searches in one round trip. Raises EngineUnavailable where one has no answer."""
        lines: list[Mapping[str, Any]] = []
        for index, body in asked:
            lines += [{"index": index}, body]
        given = self._connection.ask(self._connection.client.msearch, searches=lines)["responses"]
        for answer in given:
            if "error" in answer or answer["_shards"]["failed"]:
                kind = RequestRefused if answer["status"] in UNREADABLE else EngineUnavailable
                raise kind(str(answer.get("error") or answer["_shards"]))
        return list(given)

    def _correction(self, words: str, answer: Mapping[str, Any]) -> str:
        """The words with the likeliest known one in place of each that no document has."""
        slips = answer.get("suggest", {}).get("slips", [])
        same = synonyms.with_others(words)
        found = [
            (slip, slip["options"][0]["text"])
            for slip in slips
            if slip["options"] and same.isdisjoint(terms(slip["text"]))
        ]
        unknown = self._without_documents([slip["text"] for slip, _meant in found])
        corrected = words
        for slip, meant in reversed(found):
            if slip["text"] in unknown:
                start, end = slip["offset"], slip["offset"] + slip["length"]
                corrected = corrected[:start] + meant + corrected[end:]
        return corrected if corrected != words else ""

    def _without_documents(self, words: Sequence[str]) -> set[str]:
        """Those of some words that are in no document in any form."""
        if not words:
            return set()
        bodies = [
            Search().query("match", text=word).extra(size=0, terminate_after=1) for word in words
        ]
        given = self._searches([(self.indexes.read, body.to_dict()) for body in bodies])
        return {w for w, a in zip(words, given, strict=True) if not a["hits"]["total"]["value"]}

    def _texts(self, answer: Mapping[str, Any]) -> list[str]:
        keys = [hit["_id"] for hit in answer["hits"]["hits"][:5]]
        rows = Document.objects.filter(key__in=keys).values_list("title", "body")
        return [f"{title}\n{body}" for title, body in rows]


def _name(scope: Scope) -> Hashable:
    return scope.public, frozenset((name, frozenset(s)) for name, s in scope.filters.items() if s)


def _shortened(wording: Wording) -> Wording:
    words = " ".join(wording.words.split()[:MOST_WORDS])
    return Wording(words, wording.phrases, wording.without)


def _alternatives(wording: Wording) -> list[Alternatives]:
    return [Alternatives(*group) for group in synonyms.expanded(wording.words)]


def _completions(start: str, titles: Sequence[str]) -> list[str]:
    """The words of the titles that begin so, those of most titles first."""
    counts: dict[str, int] = {}
    for title in titles:
        words = {word.lower() for word in _WRITTEN.findall(title)}
        for word in words:
            if folded(word).startswith(start) and folded(word) not in STOP_WORDS:
                counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word))


def _as_written(words: str, texts: Sequence[str]) -> str:
    """The words with the accents that the texts give them: corrections are found without."""
    spelt = {folded(word): word.lower() for text in texts for word in _WRITTEN.findall(text)}
    return " ".join(spelt.get(word, word) for word in words.split())


def _middle() -> Vectors:
    """Where the vectors of the corpus lie, from a sample of them."""
    mean, number = frequencies.mean_vector(current_embedder().name)
    return middle(mean, number)
