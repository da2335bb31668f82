"""The pages of saved searches: from the list, in the news, and one's own."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from community.models import Match, SavedSearch, saved_search
from ideas.listing import Listing, Taxonomy

NBSP = "\N{NO-BREAK SPACE}"
PAGE = reverse("community:searches")
SAVE = reverse("community:save_search")


@pytest.fixture
def bruno(clerk, signed_in):
    return signed_in(clerk)


@pytest.fixture
def keep(clerk, waiting):
    def save(query="q=banc", name="", person=clerk) -> SavedSearch:
        listing = Listing.asked(QueryDict(query), Taxonomy.load())
        return SavedSearch.keep(person, listing, name)[0]

    return save


@pytest.fixture
def told(keep, published, postwoman):
    """The clerk's search for benches, and two ideas that came since."""
    search = keep("q=banc", "Bancs")
    published(postwoman, "Un banc public")
    published(postwoman, "Un banc couvert")
    SavedSearch.objects.all().look_out()
    return search


def address(name, search) -> str:
    return reverse(f"community:{name}", args=[search.pk])


# --- From the list ----------------------------------------------------------------------------


def test_the_list_proposes_to_save_what_is_searched_for(bruno, waiting):
    page = bruno.get("/idees/", {"q": "banc", "theme": "waiting"}).text
    assert "Enregistrer cette recherche" in page
    assert 'value="banc · Attente"' in page
    assert 'action="/recherches/enregistrer/?q=banc&amp;theme=waiting"' in page


def test_the_list_of_all_ideas_proposes_nothing_to_save(bruno):
    page = bruno.get("/idees/").text
    assert "Enregistrer cette recherche" not in page
    assert f'href="{PAGE}"' in page


def test_the_list_says_what_is_saved_already(bruno, keep):
    keep("q=banc")
    page = bruno.get("/idees/", {"q": "Banc", "sort": "new"}).text
    assert "Dans vos recherches" in page
    assert "Enregistrer cette recherche" not in page


def test_a_search_is_saved_and_leads_back_to_its_list(bruno, clerk):
    response = bruno.post(f"{SAVE}?q=banc&sort=new", {"name": "Bancs publics"})
    assert response.url == "/idees/?q=banc&sort=new"
    assert clerk.saved_searches.get().name == "Bancs publics"
    assert f"«{NBSP}Bancs publics{NBSP}» est dans vos recherches" in bruno.get(response.url).text


@pytest.mark.parametrize("sent", [{}, {"name": "   "}])
def test_without_a_name_it_takes_one_from_its_words(bruno, clerk, sent):
    assert bruno.post(f"{SAVE}?q=banc", sent).status_code == 302
    assert clerk.saved_searches.get().name == "banc"


def test_saved_twice_it_is_said(bruno, keep):
    keep("q=banc", "Bancs")
    page = bruno.post(f"{SAVE}?q=banc", {"name": "Encore"}, follow=True).text
    assert "Vous aviez déjà enregistré cette recherche" in page
    assert f"«{NBSP}Bancs{NBSP}»" in page


def test_what_cannot_be_saved_keeps_the_name_typed(bruno, monkeypatch, keep):
    monkeypatch.setattr(saved_search, "MOST_PER_PERSON", 1)
    keep("q=chaise")
    response = bruno.post(f"{SAVE}?q=banc", {"name": "Mes bancs"})
    assert response.status_code == 422
    assert "c’est le maximum" in response.text
    assert 'value="Mes bancs"' in response.text


def test_a_name_that_is_too_long_is_refused_beside_the_field(bruno, clerk):
    response = bruno.post(f"{SAVE}?q=banc", {"name": "b" * 81})
    assert response.status_code == 422
    assert "name" in response.context["form"].errors
    assert not clerk.saved_searches.exists()


def test_an_address_without_a_search_cannot_be_saved(bruno, clerk):
    response = bruno.post(f"{SAVE}?theme=nothing", {"name": "Tout"})
    assert response.status_code == 422
    assert not clerk.saved_searches.exists()


def test_the_form_stands_on_a_page_of_its_own_too(bruno):
    page = bruno.get(f"{SAVE}?q=banc").text
    assert 'action="/recherches/enregistrer/?q=banc"' in page
    assert 'value="banc"' in page


# --- My searches ------------------------------------------------------------------------------


def test_my_searches_say_what_is_new_to_each(bruno, told, keep):
    keep("q=chaise", "Chaises")
    page = bruno.get(PAGE).text
    assert f"2{NBSP}nouvelles idées" in page or "2 nouvelles idées" in page
    assert "Rien de neuf depuis votre dernière visite" in page


def test_without_any_the_page_says_how_to_save_one(bruno):
    assert "Pas encore de recherche enregistrée" in bruno.get(PAGE).text


def test_only_ones_own_are_shown(bruno, keep, postwoman):
    keep("q=vélo", "Les vélos d’Awa", person=postwoman)
    assert "Les vélos d’Awa" not in bruno.get(PAGE).text


def test_names_are_escaped(bruno, keep):
    keep("q=banc", "<script>alert(1)</script>")
    assert "<script>alert" not in bruno.get(PAGE).text


def test_opening_it_leads_to_the_list_and_it_is_looked_at(bruno, told):
    assert bruno.get(address("open_search", told)).url == "/idees/?q=banc"
    assert not Match.objects.unseen().exists()
    assert "Rien de neuf" in bruno.get(PAGE).text


def test_what_is_new_opens_with_the_newest_first(bruno, told):
    response = bruno.get(f"{address('open_search', told)}?sort=new")
    assert response.url == "/idees/?q=banc&sort=new"


def test_looking_ahead_at_an_address_is_not_looking_at_it(bruno, told):
    bruno.head(address("open_search", told))
    assert Match.objects.unseen().count() == 2


def test_what_came_since_the_last_check_is_not_new_after_looking(bruno, told, published, postwoman):
    published(postwoman, "Un banc de plus")
    bruno.get(address("open_search", told))
    SavedSearch.objects.all().look_out()
    assert not Match.objects.unseen().exists()


def test_it_can_be_renamed(bruno, told):
    page = bruno.get(address("rename_search", told)).text
    assert 'value="Bancs"' in page
    response = bruno.post(address("rename_search", told), {"name": "Assises"})
    assert response.url == f"{PAGE}#search-{told.pk}"
    assert SavedSearch.objects.get().name == "Assises"


@pytest.mark.parametrize("name", ["", "  ", "b" * 81])
def test_it_cannot_be_without_a_name(bruno, told, name):
    response = bruno.post(address("rename_search", told), {"name": name})
    assert response.status_code == 422
    assert "name" in response.context["form"].errors
    assert SavedSearch.objects.get().name == "Bancs"


def test_the_alert_is_switched_off_and_on(bruno, told):
    bruno.post(address("set_alerts", told), {"alerts": "0"})
    assert "Activer l’alerte" in bruno.get(PAGE).text
    assert bruno.get("/nouvelles/").context["unread_count"]() == 0
    bruno.post(address("set_alerts", told), {"alerts": "1"})
    assert bruno.get("/nouvelles/").context["unread_count"]() == 1


def test_deleted_it_can_be_taken_back(bruno, told):
    page = bruno.post(address("remove_search", told), {"action": "remove"}, follow=True).text
    assert "Recherche supprimée" in page
    assert bruno.get("/nouvelles/").context["unread_count"]() == 0
    bruno.post(address("remove_search", told), {"action": "restore"})
    assert f'id="search-{told.pk}"' in bruno.get(PAGE).text


def test_a_deleted_one_cannot_be_opened(bruno, told):
    told.discard()
    for name in ("open_search", "rename_search"):
        assert bruno.get(address(name, told)).status_code == 404


def test_unknown_acts_are_refused(bruno, told):
    response = bruno.post(address("remove_search", told), {"action": "explode"})
    assert response.status_code == 400


@pytest.mark.parametrize("name", ["open_search", "rename_search", "set_alerts", "remove_search"])
def test_those_of_others_are_not_found(keep, postwoman, bruno, name):
    other = keep("q=vélo", person=postwoman)
    send = bruno.get if name in {"open_search", "rename_search"} else bruno.post
    assert send(address(name, other)).status_code == 404
    assert bruno.post(address("rename_search", other), {"name": "X"}).status_code == 404
    other.refresh_from_db()
    assert (other.deleted_at, other.alerts) == (None, True)


@pytest.mark.parametrize("name", ["set_alerts", "remove_search"])
def test_what_changes_something_is_posted(bruno, told, name):
    assert bruno.get(address(name, told)).status_code == 405


# --- In the news ------------------------------------------------------------------------------


def test_the_news_have_one_line_for_each_search(bruno, told):
    response = bruno.get("/nouvelles/")
    line = f"2 nouvelles idées pour «{NBSP}Bancs{NBSP}»"
    assert response.text.count(line) == 1
    assert response.text.count("data-unread") == 1
    assert f'href="/recherches/{told.pk}/?sort=new"' in response.text
    assert response.context["unread"] == response.context["unread_count"]() == 1


def test_home_shows_it_too(bruno, told):
    page = bruno.get("/").text
    assert f"2 nouvelles idées pour «{NBSP}Bancs{NBSP}»" in page
    assert "Rien de neuf" not in page


def test_all_read_is_read_but_what_came_meanwhile(bruno, told, published, postwoman, keep):
    context = bruno.get("/nouvelles/").context
    published(postwoman, "Un banc de plus")
    SavedSearch.objects.all().look_out()
    read = {"newest": context["newest"], "match": context["newest_match"]}
    bruno.post("/nouvelles/lues/", read)
    assert "1 nouvelle idée" in bruno.get("/nouvelles/").text


@pytest.mark.parametrize("match", ["x", "9" * 30])
def test_reading_up_to_nonsense_is_harmless(bruno, told, match):
    response = bruno.post("/nouvelles/lues/", {"newest": "0", "match": match})
    assert response.status_code in {302, 404}


def test_reading_ones_news_reads_nobody_elses(told, postwoman, signed_in):
    signed_in(postwoman).post("/nouvelles/lues/", {"newest": "0", "match": "999999"})
    assert Match.objects.unseen().count() == 2


def test_the_pages_speak_english(bruno, told):
    with override("en"):
        bruno.cookies["django_language"] = "en"
        assert "2 new ideas for “Bancs”" in bruno.get("/nouvelles/").text
        assert "Switch the alert off" in bruno.get(PAGE).text


@pytest.mark.parametrize("page", [PAGE, "/nouvelles/", "/"])
def test_queries_do_not_grow_with_searches(bruno, keep, published, postwoman, page):
    def queries() -> int:
        SavedSearch.objects.all().look_out()
        bruno.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert bruno.get(page).status_code == 200
        return len(asked)

    keep("q=banc")
    published(postwoman, "Un banc public")
    few = queries()
    for word in ("public", "couvert", "chauffant"):
        keep(f"q={word}")
        published(postwoman, f"Un banc {word}")
        published(postwoman, f"Encore un banc {word}", is_anonymous=True)
    assert queries() == few
