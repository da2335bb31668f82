"""The index behind its two aliases, and how a new one takes its place.

`…-read` is what is searched. `…-write` is what is told: while a new index is being filled, both.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import F
from elasticsearch import Elasticsearch

from search.embedding import Vectors
from search.engines.base import EngineUnavailable
from search.engines.elastic import mapping
from search.engines.elastic.connection import PATIENT_SECONDS, Connection
from search.models import Document

KEPT = timedelta(days=1)
# So many documents may be on their way while an index is checked.
SLACK = 5000
_STAMP = "%Y%m%d%H%M%S%f"


@dataclass(frozen=True)
class Generation:
    """One index: `middle` is what its vectors are seen from, `upto` how far it was filled."""

    name: str
    schema: str
    middle: Vectors
    upto: str | None
    model: str


class Indexes:
    """Every index of this installation, by what its name begins with.

    `client` is one of the connection's: how long a call may take.
    """

    def __init__(self, connection: Connection, client: Elasticsearch) -> None:
        self._connection = connection
        self._calls: Any = client.indices
        self._prefix = settings.ELASTICSEARCH_INDEX
        self._known: dict[str, Generation] = {}

    @property
    def read(self) -> str:
        return f"{self._prefix}-read"

    @property
    def write(self) -> str:
        return f"{self._prefix}-write"

    @cached_property
    def body(self) -> dict[str, Any]:
        return mapping.body()

    def _all(self) -> dict[str, set[str]]:
        """The aliases of every index of this installation, and of no other one's."""
        found = self._connection.ask(self._calls.get_alias, index=f"{self._prefix}-*")
        own = re.compile(re.escape(self._prefix) + r"-\d{20}")
        return {name: set(has["aliases"]) for name, has in found.items() if own.fullmatch(name)}

    def behind(self, alias: str) -> list[str]:
        """The names of the indexes behind an alias, oldest first; nothing where there is none."""
        return sorted(name for name, aliases in self._all().items() if alias in aliases)

    def serving(self) -> Generation | None:
        """The index that is searched."""
        names = self.behind(self.read)
        return self.generation(names[-1]) if names else None

    def unfinished(self) -> Generation | None:
        """An index that is being filled, or was when something ended it."""
        names = sorted(name for name, aliases in self._all().items() if aliases == {self.write})
        return self.generation(names[-1]) if names else None

    def told(self) -> list[Generation]:
        """The indexes that every write is told to; what one is made of never changes."""
        names = self.behind(self.write)
        for name in names:
            if name not in self._known:
                self._known[name] = self.generation(name)
        return [self._known[name] for name in names]

    def generation(self, name: str) -> Generation:
        answer = self._connection.ask(self._calls.get_mapping, index=name)
        # An index that somebody else made has none, and fits nothing.
        meta = answer[name]["mappings"].get("_meta", {})
        middle = np.frombuffer(base64.b64decode(meta.get("middle", "")), np.float32)
        return Generation(
            name, meta.get("schema", ""), middle, meta.get("upto"), meta.get("model", "")
        )

    @property
    def schema(self) -> str:
        return str(self.body["mappings"]["_meta"]["schema"])

    def create(self, middle: Vectors, model: str) -> Generation:
        """A new empty index that is told of every write from now on."""
        name = f"{self._prefix}-{datetime.now(UTC).strftime(_STAMP)}"
        packed = base64.b64encode(middle.astype(np.float32).tobytes()).decode()
        meta = {"schema": self.schema, "middle": packed, "model": model}
        self._connection.ask(
            self._calls.create,
            index=name,
            settings={**self.body["settings"], "refresh_interval": "-1", "number_of_replicas": 0},
            mappings={**mapping.filling(self.body["mappings"]), "_meta": meta},
            aliases={self.write: {}},
        )
        return Generation(name, self.schema, middle, None, model)

    def filled_up_to(self, generation: Generation, key: str) -> None:
        """Remember how far an index is filled, for whoever goes on after an interruption."""
        packed = base64.b64encode(generation.middle.tobytes()).decode()
        meta = {
            "schema": generation.schema,
            "middle": packed,
            "model": generation.model,
            "upto": key,
        }
        self._connection.ask(self._calls.put_mapping, index=generation.name, meta=meta)

    def finish(self, name: str) -> None:
        """Merge the segments of a filled index into one, with the graph of its vectors if many.

        Its settings, which filling did without, come back. What is in one segment already stays
        without a graph: few vectors, each of which is looked at.
        """
        if Document.objects.present().count() >= mapping.GRAPH_FROM:
            vector = self.body["mappings"]["properties"]["vector"]
            self._connection.ask(self._calls.put_mapping, index=name, properties={"vector": vector})
        self._connection.ask(self._calls.refresh, index=name)
        slow = self._connection.client.options(request_timeout=3600)
        self._connection.ask(slow.indices.forcemerge, index=name, max_num_segments=1)
        final = self.body["settings"]
        kept = {key: final[key] for key in ("refresh_interval", "number_of_replicas")}
        self._connection.ask(self._calls.put_settings, index=name, settings=kept)
        self._connection.ask(self._calls.refresh, index=name)

    def check(self, name: str) -> None:
        """Raises EngineUnavailable where a filled index holds clearly fewer than the table."""
        counted = self._connection.ask(self._connection.patient.count, index=name)["count"]
        present = Document.objects.present().exclude(refused_version=F("version")).count()
        if counted < present - len(Document.objects.unindexed()[:SLACK]):
            raise EngineUnavailable(f"{name} holds {counted} of {present} documents")

    def swap(self, name: str) -> None:
        """The new index answers from now on: one call, so that no search finds none.

        One that is being filled since stays told. Raises EngineUnavailable where a newer one is in
        place already: this one was not told any more.
        """
        found = self._all()
        if self.write not in found.get(name, ()):
            raise EngineUnavailable(f"{name} was overtaken by a newer index")
        actions: list[dict[str, Any]] = [
            {"remove": {"index": other, "alias": alias}}
            for other, aliases in found.items()
            for alias in aliases
            if other != name and not (other > name and aliases == {self.write})
        ]
        actions += [{"add": {"index": name, "alias": alias}} for alias in (self.read, self.write)]
        self._connection.ask(self._calls.update_aliases, actions=actions)

    def drop(self, *names: str) -> None:
        if names:
            self._connection.ask(self._calls.delete, index=",".join(names), ignore_unavailable=True)

    def drop_old(self, now: datetime) -> None:
        """Delete the indexes that have been behind no alias since a day, or are lost."""
        free = (name for name, aliases in self._all().items() if not aliases)
        self.drop(*(name for name in free if now - _made(name) > KEPT or self.is_lost(name)))

    def is_lost(self, name: str, after: int = 0) -> bool:
        """A red index lacks documents; one that still does after some seconds has lost them.

        Where its server has just been started, it is red until its files were read.
        """
        waiting = {"wait_for_status": "yellow", "timeout": f"{after}s"} if after else {}
        # 408: it is still red then.
        client = self._connection.patient.options(
            request_timeout=PATIENT_SECONDS + after, ignore_status=408
        )
        health = self._connection.ask(client.cluster.health, index=name, **waiting)
        return bool(health["status"] == "red")

    def drop_all(self) -> None:
        """Delete every index of this installation."""
        self.drop(*self._all())


def _made(name: str) -> datetime:
    return datetime.strptime(name.rsplit("-", 1)[1], _STAMP).replace(tzinfo=UTC)
