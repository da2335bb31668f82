import pytest
from django.db.models import Exists, OuterRef

from ideas.models import Idea, Vote
from prepared import Prepared

BACKED = Prepared(
    lambda about, among: (
        Idea.objects.filter(pk__in=among)
        .order_by("pk")
        .values_list("pk", Exists(Vote.objects.filter(idea=OuterRef("pk"), person=about)))
    )
)


@pytest.fixture
def backed(published, postwoman, clerk):
    ideas = [published(postwoman, f"Idée {n}") for n in range(3)]
    Vote.cast(ideas[1], clerk)
    return [idea.pk for idea in ideas]


def test_it_answers_as_the_query_set_would(backed, clerk, moderator):
    assert [bool(yes) for _pk, yes in BACKED.rows(clerk.pk, backed)] == [False, True, False]
    assert [bool(yes) for _pk, yes in BACKED.rows(moderator.pk, backed)] == [False] * 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_it_can_be_asked_about_any_number_of_keys(backed, clerk, count):
    assert [pk for pk, _yes in BACKED.rows(clerk.pk, backed[:count])] == backed[:count]


def test_its_sql_is_made_once(backed, clerk, postwoman):
    made = []
    asked = Prepared(
        lambda about, among: (
            made.append(about)
            or Vote.objects.filter(person=about, idea__in=among).order_by().values_list("idea")
        )
    )
    assert asked.rows(clerk.pk, backed) == [(backed[1],)]
    assert asked.rows(postwoman.pk, backed) == []
    assert len(made) == 1
