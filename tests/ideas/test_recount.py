from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideas import counts, impressions
from ideas.models import Idea, Vote
from search.models import Document


def recount(*options: str) -> str:
    out = StringIO()
    call_command("recount", *options, stdout=out, verbosity=0)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _no_comments_are_kept(monkeypatch):
    monkeypatch.setattr(counts, "comment_counters", [])


@pytest.fixture
def group(published, postwoman, clerk, moderator, colleagues) -> Idea:
    """A head with one source; one of three supporters backed both."""
    head, source = published(postwoman, "Borne"), published(clerk, "Tickets")
    Vote.cast(head, colleagues[0])
    Vote.cast(source, colleagues[0])
    Vote.cast(source, colleagues[1])
    source.merge_into(head, moderator)
    Vote.cast(head, colleagues[2])
    for person in colleagues[:7]:
        impressions.note(person, [head])
    impressions.flush()
    source.set_own_comments(lambda: 3)
    return Idea.objects.get(pk=head.pk)


def test_nothing_differs_after_the_rules(group):
    assert recount() == "0 differences found\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"support": 9},
        {"rising": 0.5},
        {"comments_count": 7},
        {"views": 40},
        {"voices": 1.0},
        {"places": 3},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_counter_is_named_and_repaired(group, wrong):
    Idea.objects.filter(pk=group.pk).update(**wrong)
    (name, value), reference = next(iter(wrong.items())), group.reference
    with pytest.raises(CommandError, match="repair"):
        recount()
    assert f"{reference} {name}: {value!r}, should be {getattr(group, name)!r}" in recount(
        "--repair"
    )
    assert recount() == "0 differences found\n"


def test_a_search_document_that_says_something_else_is_repaired(group):
    Document.objects.filter(key=str(group.pk)).update(support=0, state="declined")
    assert "2 differences repaired" in recount("--repair")
    document = Document.objects.get(key=str(group.pk))
    assert (document.support, document.state) == (3, "published")


def test_a_missing_search_document_is_written(group):
    Document.objects.filter(key=str(group.pk)).delete()
    recount("--repair")
    assert Document.objects.get(key=str(group.pk)).title == group.title


def test_a_vote_written_past_the_rules_is_found(group, colleagues):
    earlier = timezone.now() - timedelta(days=3)
    Vote.objects.create(idea=group.sources.get(), person=colleagues[5], at=earlier)
    assert "support: 3, should be 4" in recount("--repair")
    assert Idea.objects.get(pk=group.pk).support == 4


def test_comments_are_asked_of_whoever_keeps_them(group, monkeypatch):
    source = group.sources.get()
    monkeypatch.setattr(counts, "comment_counters", [lambda keys: {source.pk: 5}])
    recount("--repair")
    assert Idea.objects.get(pk=group.pk).comments_count == 5
    assert Idea.objects.get(pk=source.pk).own_comments == 5


def test_memory_and_queries_follow_the_batch_not_the_table(
    group, submit, clerk, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(counts, "BATCH", 2)
    for n in range(4):
        submit(clerk, f"Idée {n}")
    with django_assert_num_queries(1 + 3 * 6):
        assert [read for read, _found in counts.differences()] == [2, 4, 6]
