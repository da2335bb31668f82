"""Features of labelled pairs of files, as the scorer is fitted to them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from search.comparison import Fused
from search.fitting import Table
from search.labelled import (
    Corpus,
    Pairs,
    Problem,
    Queries,
    add_to_corpus,
    form,
    read_groups,
    read_pairs,
    read_queries,
    rows,
    sibling_corpora,
    whole_text,
)
from search.similarity import features, same_theme

# Of the labelled ideas of one corpus, so many likeliest are looked at for each.
SHOWN = 10


class Read(NamedTuple):
    """A labelled file; `judged`: pairs as a moderator sees them, which tell what a score means."""

    table: Table
    judged: bool


def read(path: Path, method: Fused, problems: list[Problem]) -> Iterator[Read]:
    """The tables of a file of pairs, of queries (beside their corpus) or of groups."""
    _line, first = next(rows(path, []), (0, {}))
    kind = form(first)
    if kind == "pairs":
        yield Read(of_pairs(read_pairs(path, problems), method), judged=True)
    elif kind == "queries":
        corpus = Corpus()
        for beside in sibling_corpora(path):
            add_to_corpus(beside, corpus, problems)
        yield Read(of_queries(read_queries(path, corpus, problems), method), judged=False)
    elif kind == "groups":
        queries, _pairs = read_groups(path, Corpus(), problems)
        themes = {whole_text(row): str(row.get("theme") or "") for _line, row in rows(path, [])}
        yield Read(of_queries(queries, method, themes, SHOWN), judged=True)


def of_pairs(pairs: Pairs, method: Fused) -> Table:
    method.learn(list(dict.fromkeys((*pairs.ones, *pairs.others))))
    ones, others = (method.profiles(texts) for texts in (pairs.ones, pairs.others))
    table = np.concatenate([features(a, [b]) for a, b in zip(ones, others, strict=True)])
    groups = np.unique(pairs.ones, return_inverse=True)[1]
    return Table(pairs.name, table, np.array(pairs.same), groups, np.array(pairs.labels))


def of_queries(
    queries: Queries, method: Fused, themes: Mapping[str, str] | None = None, shown: int = 0
) -> Table:
    """What each query brings up, or the `shown` likeliest of it; groups are the queries."""
    method.learn(queries.corpus)
    tables, same, groups = [], list[bool](), list[int]()
    for i, query in enumerate(queries.asked):
        left_out = queries.left_out[i]
        found = method.search(query, shown + len(left_out)) if shown else method.candidates(query)
        kept = [n for n in found.tolist() if n not in left_out][: shown or None]
        texts = [queries.corpus[n] for n in kept]
        (asked,) = method.profiles([query])
        table = features(asked, method.profiles(texts))
        if themes:
            table[:, -1] = [same_theme(themes[query], themes[text]) for text in texts]
        tables.append(table)
        same += [n in queries.relevant[i] for n in kept]
        groups += [i] * len(kept)
    labels = np.array(same, float)
    return Table(queries.name, np.concatenate(tables), np.array(same), np.array(groups), labels)
