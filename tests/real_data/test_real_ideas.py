"""Real French ideas through the product; `TOURNEE_REAL_DATA` names the folder of their files."""

import os
from pathlib import Path

import pytest

from ideas.imports import Report, load, read
from ideas.models import Idea
from search.find import Query, find
from search.indexing import drain_queue, embed_waiting
from search.models import Document
from search.similar import similar, similar_to

FILES = ("ideas_cc0.jsonl.gz", "ideas_etat_fr.jsonl.gz")
FOLDER = Path(os.environ.get("TOURNEE_REAL_DATA", "nowhere"))

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="TOURNEE_REAL_DATA names no folder"),
]


@pytest.fixture(scope="module")
def corpus(django_db_setup, django_db_blocker):
    """Every real idea, imported once for the tests of this module."""
    with django_db_blocker.unblock():
        reports = {name: imported(name) for name in FILES}
        drain_queue(seconds=20)
        yield reports
        Document.objects.all().delete()
        Idea.objects.all().delete()


def imported(name: str) -> Report:
    *_others, report = load(read(FOLDER / name), source=name)
    return report


@pytest.mark.django_db
def test_every_row_goes_in_or_is_named(corpus):
    for name, report in corpus.items():
        rows = sum(1 for _row in read(FOLDER / name))
        assert report.imported + len(report.refused) == rows
        assert len(report.refused) < rows / 100
    assert Document.objects.count() == Idea.objects.count() > 45_000


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["vélo électrique", "velos electriques", "l’électricité"])
def test_ideas_are_found_whatever_accents_plural_and_elision(corpus, words):
    found = find(Query(text=words, order="relevance"))
    assert found.total > 20
    titles = Idea.objects.in_bulk([int(key) for key in found.keys])
    assert len(titles) == len(found.keys)


@pytest.mark.django_db
def test_the_list_counts_every_idea_once(corpus):
    found = find(Query(order="new", size=50))
    assert found.total == Idea.objects.listed().count()
    assert sum(found.facets["theme"].values()) == found.total


@pytest.mark.django_db
def test_an_idea_typed_again_is_recognised(corpus):
    idea = Idea.objects.filter(body__icontains="consigne").order_by("pk").first()
    assert idea is not None
    assert str(idea.pk) in [match.key for match in similar(idea.title, idea.body)]


@pytest.mark.django_db
def test_some_have_their_vector_within_seconds(corpus):
    embed_waiting(seconds=5)
    document = Document.objects.exclude(vector=None).first()
    assert document is not None
    assert document.key not in [match.key for match in similar_to(document.key)]
