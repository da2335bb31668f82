"""The tab of probable duplicates, and a pair side by side."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from ideas.models import Idea, Verdict, Vote
from ideas.triage import proposals
from pieces import memory
from search.duplicates import find_all
from search.models import Pair

pytestmark = pytest.mark.django_db
QUEUE = reverse("triage:queue", query={"tab": "duplicates"})
BODY = "Installer une borne à tickets pour que les clients attendent assis au guichet."
OTHER = "Prêter des vélos électriques pour les tournées en montagne, où la pente est rude."


@pytest.fixture
def desk(signed_in, moderator):
    return signed_in(moderator)


@pytest.fixture
def look(indexed):
    def find() -> None:
        indexed()
        for _progress in find_all():
            pass

    return find


@pytest.fixture
def two(published, postwoman, clerk, look):
    ideas = (
        published(postwoman, "Borne à tickets", body=BODY),
        published(clerk, "Tickets", body=BODY),
    )
    look()
    return ideas


def page_of(pair: Pair) -> str:
    return reverse("triage:pair", args=[pair.pk])


def apart(client, page):
    """Press “Not the same idea” on a page."""
    comparison = page.context["comparison"]
    data = {
        "version": comparison.idea.version,
        "other_version": comparison.other.version,
        "pair": page.context["proposal"].pair.pk,
    }
    ends = [comparison.idea.pk, comparison.other.pk]
    return client.post(reverse("triage:tell_apart", args=ends), data)


def test_what_is_still_being_compared_is_said(desk, published, postwoman, clerk, look):
    """An empty tab is no promise before every idea was compared."""
    published(postwoman, "Borne à tickets", body=BODY)
    published(clerk, "Vélos électriques", body=OTHER)
    response = desk.get(QUEUE)
    assert response.context["uncompared"] == 2
    assertContains(response, "2 idées sont encore en cours de comparaison")
    assertContains(response, "Pour l’instant, aucune idée n’en répète une autre")
    assert desk.get(reverse("triage:queue")).context["uncompared"] == 0, "not asked for"
    look()
    memory.forget()
    cache.clear()
    response = desk.get(QUEUE)
    assertNotContains(response, "en cours de comparaison")
    assertContains(response, "Aucune idée n’en répète une autre")


def test_groups_come_likeliest_first_with_who_backs_them(
    desk, two, published, expert, manager, colleagues, look
):
    published(expert, "Vélos électriques", body=OTHER)
    published(manager, "Des vélos électriques", body=f"{OTHER} Merci.")
    look()
    for idea, people in ((two[0], colleagues[:3]), (two[1], colleagues[2:5])):
        for person in people:
            Vote.cast(idea, person)
    response = desk.get(QUEUE)
    groups = response.context["rows"]
    likely = [group.first.pair.probability for group in groups]
    assert len(groups) == 2
    assert likely == sorted(likely, reverse=True)
    assert {group.supporters for group in groups} == {5, 0}
    assert [tab["count"] for tab in response.context["tabs"]][2] == 2


def test_a_group_counts_the_people_behind_what_is_merged_already(
    desk, two, published, expert, moderator, colleagues
):
    source = published(expert, "Autre chose", body=OTHER)
    Vote.cast(source, colleagues[0])
    Vote.cast(two[1], colleagues[0])
    source.merge_into(two[0], moderator)
    (group,) = desk.get(QUEUE).context["rows"]
    assert group.supporters == 1


def test_a_pair_is_shown_side_by_side_with_how_likely_why_and_supporters(desk, two, colleagues):
    Vote.cast(two[0], colleagues[0])
    response = desk.get(page_of(Pair.objects.get()))
    assert response.context["comparison"].supporters == 1
    assert response.context["comparison"].other == two[0]  # the stronger one is joined
    page = response.content.decode()
    assert "<mark>" in page
    assert f"({response.context['proposal'].percent} %)" in page.replace("\xa0", " ").replace(
        "\u202f", " "
    )
    assert 'name="way" value="into"' in page
    assert 'name="way" value="from"' in page


@pytest.mark.parametrize("way", ["into", "from"])
def test_merging_goes_on_to_the_next_pair(way, desk, two, published, expert, look):
    published(expert, "Vélos électriques", body=OTHER)
    published(expert, "Des vélos électriques", body=OTHER)
    look()
    pair = Pair.objects.get(one=str(two[0].pk))
    page = desk.get(page_of(pair))
    comparison = page.context["comparison"]
    data = {
        "version": comparison.idea.version,
        "other": comparison.other.pk,
        "other_version": comparison.other.version,
        "way": way,
        "pair": pair.pk,
    }
    response = desk.post(reverse("triage:merge", args=[comparison.idea.pk]), data)
    assert response.url == page_of(Pair.objects.exclude(pk=pair.pk).get())
    merged = comparison.idea if way == "into" else comparison.other
    assert Idea.objects.get(pk=merged.pk).is_merged
    assert desk.get(response.url).context["done"].idea == merged


def test_telling_apart_goes_on_and_can_be_undone(desk, two, moderator):
    response = apart(desk, desk.get(page_of(Pair.objects.get())))
    assert response.url == QUEUE
    verdict = Verdict.objects.get()
    assert verdict.judge == moderator
    page = desk.get(response.url)
    undo = reverse("triage:undo_verdict", args=[verdict.pk])
    assert undo.encode() in page.content
    assert b'class="empty"' in page.content
    assert undo.encode() in desk.get(reverse("triage:review", args=[two[0].pk])).content
    assert desk.post(undo).url == page_of(Pair.objects.get())
    assert proposals.how_many() == 1


def test_the_second_of_two_moderators_is_told_so(desk, two, signed_in, administrator):
    page = desk.get(page_of(Pair.objects.get()))
    colleague = signed_in(administrator)
    two[0].merge_into(two[1], administrator)
    response = apart(desk, page)
    followed = desk.get(response.url, follow=True)
    assert Verdict.objects.count() == 0
    assert b"toast" in followed.content
    assert followed.redirect_chain[-1][0] == QUEUE
    assert colleague.get(QUEUE).status_code == 200


def test_a_pair_that_was_dealt_with_leads_back_to_the_queue(desk, two, moderator):
    pair = Pair.objects.get()
    two[0].merge_into(two[1], moderator)
    assert desk.get(page_of(pair)).url == QUEUE
    assert desk.get(reverse("triage:pair", args=[10**9])).url == QUEUE


def test_two_ideas_that_wait_say_that_one_must_be_published(desk, submit, postwoman, clerk, look):
    submit(postwoman, "Borne à tickets", body=BODY)
    submit(clerk, "Tickets", body=BODY)
    look()
    page = desk.get(page_of(Pair.objects.get())).content
    assert b'name="way"' not in page
    assert b"distinguer" in page


def test_filters_narrow_the_tab(desk, two, published, expert, parcels, look):
    published(expert, "Vélos électriques", body=OTHER, theme=parcels)
    published(expert, "Des vélos électriques", body=OTHER, theme=parcels)
    look()
    rows = desk.get(QUEUE, {"tab": "duplicates", "theme": "parcels"}).context["rows"]
    assert [group.ideas[0].theme for group in rows] == [parcels]


def test_pages_neither_repeat_nor_miss_a_group(desk, published, expert, look, monkeypatch):
    monkeypatch.setattr(proposals, "SIZE", 2)
    places = ("la gare", "un marché", "la mairie", "une école", "un hôpital")
    for n, place in enumerate(places):
        for title in ("Ouvrir", "Ouvrir"):
            published(
                expert, f"{title} {n}", body=f"Ouvrir un relais de colis dans {place} {n} {n}."
            )
    look()
    Pair.objects.exclude(one__body="").update(group="")
    for pair in Pair.objects.select_related("one", "other"):
        same = pair.one.body == pair.other.body
        Pair.objects.filter(pk=pair.pk).update(group=pair.one.pk if same else f"{pair}"[:90])
    shown, url = [], QUEUE
    while url:
        response = desk.get(url)
        shown += [group.first.pair.group for group in response.context["rows"]]
        url = response.context["next_url"]
    assert len(shown) == len(set(shown)) == proposals.proposed().values("group").distinct().count()


@pytest.mark.parametrize("after", ["x", "~", "0x1~", "nan~1", "1~2", "0x1.8p-1~z\x00"])
def test_a_cursor_that_nobody_gave_out_is_no_error(after, desk, two):
    assert desk.get(QUEUE, {"tab": "duplicates", "after": after}).status_code == 200


def test_queries_do_not_grow(desk, published, postwoman, clerk, colleagues, look, queries):
    counts = []
    for more in (2, 5):
        for n in range(more):
            idea = published(postwoman, f"Borne à tickets {more}{n}", body=BODY)
            published(clerk, f"Des vélos {more}{n}", body=OTHER)
            Vote.cast(idea, colleagues[n])
        look()
        pair = Pair.objects.order_by("-probability").first()
        counts.append((queries(desk, QUEUE), queries(desk, page_of(pair))))
    assert all(later <= first for first, later in zip(*counts, strict=True))


def test_an_empty_tab_says_something(desk):
    assert b'class="empty"' in desk.get(QUEUE).content


@pytest.mark.parametrize("who", ["postwoman", "expert", "manager"])
def test_only_moderators_come_in(who, request, signed_in, two):
    client = signed_in(request.getfixturevalue(who))
    assert client.get(QUEUE).status_code == 403
    assert client.get(page_of(Pair.objects.get())).status_code == 403
    url = reverse("triage:tell_apart", args=[two[0].pk, two[1].pk])
    assert client.post(url, {"version": 1, "other_version": 1}).status_code == 403
    assert not Verdict.objects.exists()
