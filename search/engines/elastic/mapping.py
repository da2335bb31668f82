"""What the index holds, and how French is analysed in it."""

import hashlib
import json
from typing import Any

from django.conf import settings
from elasticsearch.dsl import (
    Boolean,
    Date,
    DenseVector,
    Double,
    Index,
    Integer,
    Keyword,
    Long,
    Mapping,
    Text,
    analyzer,
    char_filter,
    token_filter,
)

from search.embedding import DIMENSIONS
from search.models import FACETS
from search.text import ELISIONS, STOP_WORDS

# As `search.text` folds; a soft hyphen is nothing at all.
_plain = char_filter(
    "plain_signs",
    "mapping",
    mappings=["’ => '", "ʼ => '", "‘ => '", "` => '", "´ => '", "\u00ad =>"],
)
_elision = token_filter("elided", "elision", articles=sorted(ELISIONS), articles_case=True)
_stop = token_filter("empty_words", "stop", stopwords=sorted(STOP_WORDS))
# Folding comes first: people leave accents out, and this stemmer does not need them.
_stem = token_filter("light_stem", "stemmer", language="light_french")
_begin = token_filter("beginnings", "edge_ngram", min_gram=2, max_gram=15)
# How the nearest vectors are found, over a byte per number: of so many by a graph, which the merge
# that ends the filling of an index builds once. Of fewer each is looked at: that was as quick at
# 45,000, misses none, and a graph is more than half of the work of a rebuild.
GRAPH_FROM = 100_000
_GRAPH = {"type": "int8_hnsw", "m": 16, "ef_construction": 100}
_NO_GRAPH_YET = {"type": "int8_flat"}
_FOLDED = [_elision, "lowercase", "asciifolding"]


def _analyzer(name: str, *filters: Any) -> Any:
    return analyzer(name, tokenizer="standard", char_filter=[_plain], filter=[*_FOLDED, *filters])


def _mapping() -> Mapping:
    stemmed = _analyzer("stemmed", _stop, _stem)
    written = _analyzer("written")
    beginnings = Text(analyzer=_analyzer("typed", _begin), search_analyzer=written)
    fields: dict[str, Any] = {
        "key": Keyword(),
        "title": Text(copy_to="text", fields={"prefix": beginnings}, analyzer=stemmed),
        "body": Text(copy_to="text", analyzer=stemmed),
        # Both together: most of the words must be somewhere in it.
        "text": Text(fields={"written": Text(analyzer=written)}, analyzer=stemmed),
        "public": Boolean(),
        "entity": Keyword(),
        **{name: Keyword() for name in FACETS},
        "published_at": Date(),
        **{name: Integer() for name in ("support", "comments", "views")},
        **{name: Double() for name in ("rising", "backed", "exploration")},
        # 64 bits of the key, for the draw.
        "tie": Long(),
        "vector": DenseVector(
            dims=DIMENSIONS,
            index=True,
            similarity="dot_product",
            index_options=_GRAPH,
        ),
    }
    mapping = Mapping()
    for name, field in fields.items():
        mapping.field(name, field)
    mapping.meta("dynamic", "strict")
    mapping.meta("_source", excludes=["vector"])
    return mapping


def body() -> dict[str, Any]:
    """Settings and mappings of a new index."""
    index = Index("unnamed")
    index.settings(
        number_of_shards=settings.ELASTICSEARCH_SHARDS,
        number_of_replicas=settings.ELASTICSEARCH_REPLICAS,
        # Said explicitly: unsaid, a shard that nobody searches stops refreshing.
        refresh_interval=settings.ELASTICSEARCH_REFRESH,
        # How long a deletion is remembered, against late writes of older versions.
        gc_deletes="1h",
    )
    index.mapping(_mapping())
    made: dict[str, Any] = index.to_dict()
    made["mappings"]["_meta"] = {"schema": _digest(made)}
    return made


def filling(mappings: dict[str, Any]) -> dict[str, Any]:
    """The mappings of an index that is not searched yet."""
    properties = mappings["properties"]
    vector = {**properties["vector"], "index_options": _NO_GRAPH_YET}
    return {**mappings, "properties": {**properties, "vector": vector}}


def _digest(made: dict[str, Any]) -> str:
    """Changes when what is indexed changes; what an operator may set otherwise does not count."""
    counted = [made["mappings"], made["settings"]["analysis"]]
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:16]
