import pytest
from django.db import connection
from django.db.models import Exists, F, OuterRef

from ideas.models import Idea, Vote
from prepared import Prepared, PreparedObjects, PreparedUpdate
from search.models import Document

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


def test_lists_of_like_length_share_it(backed, clerk):
    made = []
    asked = Prepared(
        lambda about, among: (
            made.append(len(among))
            or Vote.objects.filter(person=about, idea__in=among).order_by().values_list("idea")
        )
    )
    unknown = list(range(-12, 0))
    for length in range(5, 12):
        assert asked.rows(clerk.pk, [backed[1], *unknown[: length - 1]]) == [(backed[1],)]
    assert made == [10, 20]


@pytest.mark.postgresql
def test_its_plan_is_kept_whatever_the_size_of_the_keys(backed, clerk):
    """psycopg would give each pattern of small and large numbers a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    for large in range(6):
        unknown = [*range(-6, -large), *(10**5 + n for n in range(large))]
        assert len(BACKED.rows(clerk.pk, [*backed, *unknown])) == 3
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%EXISTS%ideas_vote%"],
        )
        assert cursor.fetchone() == (1,)


SEEN = PreparedObjects(
    lambda person, ideas: (
        Idea.objects.filter(pk__in=ideas)
        .order_by("pk")
        .select_related("theme", "entity__region", "author__entity")
        .as_seen_by(person)
    )
)


def test_objects_come_with_what_is_selected_along(backed, clerk, django_assert_num_queries):
    with django_assert_num_queries(1):
        first, second, _third = SEEN.all(clerk.pk, backed)
        along = (second.theme, second.entity, second.author, second.author.entity)
    plain = Idea.objects.get(pk=backed[1])
    assert (bool(first.is_backed), bool(second.is_backed)) == (False, True)
    assert along == (plain.theme, plain.entity, plain.author, plain.author.entity)
    fields = [field.attname for field in Idea._meta.concrete_fields]
    assert [getattr(second, name) for name in fields] == [getattr(plain, name) for name in fields]


def test_what_is_asked_for_may_not_be_there(backed, clerk):
    assert SEEN.get(clerk.pk, backed[2:]).pk == backed[2]
    assert SEEN.get(clerk.pk, [0]) is None


def test_an_update_sets_numbers_and_what_always_changes(backed):
    update = PreparedUpdate(
        lambda pk: Idea.objects.filter(pk=pk), {"comments_count": F("comments_count") + 7}
    )
    for support, rising in ((3, 1.5e-300), (2**31 - 1, -0.1), (0, 123.456789012345678)):
        update.run(backed[0], support=support, rising=rising)
        idea = Idea.objects.get(pk=backed[0])
        assert (idea.support, idea.rising) == (support, rising)
    assert idea.comments_count == 21
    other = Idea.objects.get(pk=backed[2])
    assert (other.support, other.comments_count) == (0, 0)


def test_an_update_finds_its_row_by_a_key_of_text(backed):
    update = PreparedUpdate(lambda key: Document.objects.filter(key=key))
    update.run(str(backed[0]), rising=0.25)
    assert Document.objects.get(key=str(backed[0])).rising == 0.25
    assert Document.objects.get(key=str(backed[1])).rising != 0.25
