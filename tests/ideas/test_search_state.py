"""The page of those who administer search."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse

from ideas.views.search_state import REFUSED_AT_ONCE
from search.models import Check, Document
from search.tasks import check

PAGE = reverse("ideas:search_state")
CHECK = reverse("ideas:check_search")
RETRY = reverse("ideas:retry_refused")


@pytest.fixture
def adele(administrator, signed_in):
    return signed_in(administrator)


@pytest.fixture
def aside(published, clerk):
    """Ideas whose documents the engine would not take: `aside(3)`."""

    def put(number):
        ideas = [published(clerk, f"Borne {n}") for n in range(number)]
        Document.objects.update(indexed_version=0)
        versions = dict(Document.objects.values_list("key", "version"))
        Document.set_aside({k: (v, f"<b>Poison {k}</b>") for k, v in versions.items()})
        return ideas

    return put


def test_the_page_tells_how_search_is_doing(adele, published, clerk):
    published(clerk, "Un banc")
    page = adele.get(PAGE).text
    assert "intégré" in page
    assert "1 dans l’index, 1 dans la base" in page
    assert "Personne n’a encore comparé" in page


def test_what_was_set_aside_is_shown_with_its_reason_and_its_idea(adele, aside):
    (idea,) = aside(1)
    page = adele.get(PAGE).text
    assert f'<a href="{idea.get_absolute_url()}">Borne 0</a>' in page
    assert f"&lt;b&gt;Poison {idea.pk}&lt;/b&gt;" in page


def test_what_was_set_aside_comes_in_pages(adele, aside, queries):
    aside(3)
    few = queries(adele, PAGE)
    aside(REFUSED_AT_ONCE + 1)
    assert queries(adele, PAGE) == few <= 12
    first, second = adele.get(PAGE), adele.get(f"{PAGE}?page=2")
    assert len(first.context["refused"]) == REFUSED_AT_ONCE
    assert len(second.context["refused"]) == 4
    assert first.context["next_url"] == "?page=2"
    assert second.context["previous_url"] == "?page=1"


@pytest.mark.parametrize("number", ["0", "x", "999", "-1"])
def test_a_page_that_is_not_there_is_another_one(adele, aside, number):
    aside(1)
    assert adele.get(f"{PAGE}?page={number}").status_code == 200


def test_trying_again_puts_all_back_into_the_queue(adele, aside):
    aside(2)
    answer = adele.post(RETRY, follow=True)
    assert "2 idées sont à nouveau dans la file" in answer.text
    assert not Document.objects.refused().exists()


def test_a_comparison_is_started_and_its_result_shown(adele, published, clerk):
    published(clerk, "Un banc")
    adele.post(CHECK)
    check(Check.objects.get().pk)
    page = adele.get(PAGE).text
    assert "L’index contient exactement ce qu’il doit contenir." in page
    assert "Comparer et réparer" not in page


def test_while_one_is_under_way_the_page_looks_again_and_no_other_starts(adele, db):
    Check.objects.create()
    page = adele.get(PAGE).text
    assert 'hx-trigger="every 3s"' in page
    assert 'name="repair"' not in page
    assert "déjà en cours" in adele.post(CHECK, follow=True).text
    assert Check.objects.count() == 1


def test_what_differs_is_named_and_can_be_repaired(adele, published, clerk):
    idea = published(clerk, "Un banc")
    Document.objects.update(analysis=0)
    examples = {"missing": [str(idea.pk)], "outdated": [], "superfluous": []}
    counts = {"documents": 1, "missing": 1, "outdated": 0, "superfluous": 0, "unanalysed": 1}
    late = {"waiting": 0, "refused": 0, "unembedded": 0, "differs": True, "examples": examples}
    Check.objects.create(outcome="done", ended_at=idea.published_at, found=counts | late)
    page = adele.get(PAGE).text
    assert f'<a class="nowrap" href="{idea.get_absolute_url()}">{idea.reference}</a>' in page
    assert "Comparer et réparer" in page
    adele.post(CHECK, {"repair": "1"})
    check(Check.objects.first().pk)
    assert "Les écarts ont été réparés." in adele.get(PAGE).text
    assert not Document.objects.unanalysed().exists()


@pytest.mark.parametrize("address", [CHECK, RETRY])
def test_acts_are_posted(adele, address):
    assert adele.get(address).status_code == 405


def test_the_permission_is_what_counts_and_the_menu_shows_it(clerk, signed_in):
    bruno = signed_in(clerk)
    assert PAGE not in bruno.get(reverse("ideas:list")).text
    clerk.user_permissions.add(Permission.objects.get(codename="administer_search"))
    assert PAGE in bruno.get(reverse("ideas:list")).text
    assert bruno.get(PAGE).status_code == 200


def test_wagtails_menu_leads_there(adele):
    assert PAGE in adele.get(reverse("wagtailadmin_home")).text


def test_in_english(adele, published, clerk):
    published(clerk, "Un banc")
    adele.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = adele.get(PAGE).text
    assert "State of search" in page
    assert "1 in the index, 1 in the database" in page
