"""Operators typed into the search box of the list."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from ideas import authors
from ideas.listing import Taxonomy
from ideas.models import Idea

LIST = reverse("ideas:list")
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


@pytest.fixture
def bruno(published, clerk, indexed):
    """Ideas that the clerk signed: two published."""
    ideas = [published(clerk, "Un banc pour attendre"), published(clerk, "Un vélo plus léger")]
    indexed()
    return ideas


def titles(answer):
    return sorted(card.idea.title for card in answer.context["cards"])


def told(answer):
    return [doubt["says"] for doubt in answer.context["listing"].told()]


# --- Words of the company ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["theme:colis banc", "banc Thème:COLIS", "banc theme:parcels", "irritant:col banc"],
)
def test_an_operator_becomes_the_filter_that_the_address_has(awa, parcels, waiting, words):
    assert awa.get(LIST, {"q": words})["Location"] == f"{LIST}?q=banc&theme=parcels"


def test_the_list_is_then_that_of_chips_and_facets(published, clerk, parcels, indexed, awa):
    published(clerk, "Un banc")
    published(clerk, "Un banc pour les colis", theme=parcels)
    indexed()
    answer = awa.get(LIST, {"q": "theme:colis banc"}, follow=True)
    assert titles(answer) == ["Un banc pour les colis"]
    assert [chip["label"] for chip in answer.context["listing"].chips()] == [
        f"«{NBSP}banc{NBSP}»",
        "Colis",
    ]
    assert 'name="theme" value="parcels" checked' in answer.text
    assert 'value="banc"' in answer.text


def test_all_facets_can_be_typed(awa, postwoman, campaign, welcome, counter, bretagne):
    typed = 'moment:accueil canal:guichet campagne:"moins att" région:bret métier:facteur'
    answer = awa.get(LIST, {"q": f"{typed} état:adoptée"})
    assert sorted(answer["Location"].partition("?")[2].split("&")) == [
        "campaign=autumn",
        "channel=counter",
        "moment=welcome",
        "profession=letter-carrier",
        "region=bretagne",
        "state=adopted",
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("state", ["adopted", "adoptée", "adoptees", "Adoptée"])
def test_states_have_names_in_both_languages(db, language, state):
    from ideas.naming import meant

    with override(language):
        found = meant(state, Taxonomy.load().called["state"])
    assert found.key == ("" if state == "adoptees" else "adopted")


def test_filters_of_the_address_are_kept_and_the_order_too(awa, parcels, waiting):
    answer = awa.get(LIST, {"q": "theme:colis", "theme": "waiting", "sort": "new", "after": "x"})
    assert answer["Location"] == f"{LIST}?theme=waiting&theme=parcels&sort=new"


def test_a_minus_leaves_out_a_state_or_a_theme(awa, parcels, waiting):
    answer = awa.get(LIST, {"q": "-état:non -thème:colis"})
    assert answer["Location"] == f"{LIST}?theme=waiting&state=published&state=adopted"


def test_what_not_every_idea_has_is_not_left_out_and_says_so(awa, bretagne):
    answer = awa.get(LIST, {"q": "-région:bretagne"})
    assert "-région:bretagne" in told(answer)[0]


def test_htmx_is_sent_to_that_address_with_all_of_the_page(awa, parcels, htmx):
    answer = awa.get(LIST, {"q": "theme:colis"}, headers=htmx)
    assert answer["HX-Redirect"] == f"{LIST}?theme=parcels"


# --- What cannot be followed ------------------------------------------------------------------


def test_an_unknown_value_says_so_and_the_rest_is_searched(bruno, awa, parcels):
    answer = awa.get(LIST, {"q": "theme:colys banc"})
    assert told(answer) == [f"Aucun thème ne s’appelle «{NBSP}colys{NBSP}»."]
    assert titles(answer) == ["Un banc pour attendre"]
    assert 'value="theme:colys banc"' in answer.text
    assert f'<a href="{LIST}?q=banc&amp;theme=parcels">Colis</a>' in answer.text


def test_one_value_is_followed_and_the_other_one_still_said(bruno, awa, waiting):
    answer = awa.get(LIST, {"q": "theme:xyz état:publiée banc"}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?q=theme%3Axyz+banc&state=published", 302)]
    assert told(answer) == [f"Aucun thème ne s’appelle «{NBSP}xyz{NBSP}»."]
    assert titles(answer) == ["Un banc pour attendre"]


def test_htmx_gets_what_is_said_beside_the_box(bruno, awa, htmx):
    answer = awa.get(LIST, {"q": "theme:xyz"}, headers=htmx)
    assert "innerHTML:#search-told" in answer.text
    assert "Aucun thème ne s’appelle" in answer.text


def test_what_stays_in_the_box_does_not_end_up_in_a_phrase(bruno, awa):
    listing = awa.get(LIST, {"q": 'theme:xyz "un banc'}).context["listing"]
    assert listing.text == 'theme:xyz "un banc'
    assert listing.words == '"un banc'


def test_markup_in_a_value_stays_text(bruno, awa):
    answer = awa.get(LIST, {"q": "theme:<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text


def test_each_doubt_can_be_settled_without_the_others(awa, parcels, waiting):
    answer = awa.get(LIST, {"q": "theme:colys banc region:xyz"})
    near = answer.context["listing"].told()[0]["near"]
    assert near == [{"label": "Colis", "url": f"{LIST}?q=region%3Axyz+banc&theme=parcels"}]


def test_the_help_is_there_and_folded(awa):
    assert '<details class="search-help" id="search-help">' in awa.get(LIST).text


# --- Authors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ['"Bruno Morel"', "morel", "MOREL", "bru", "bruno", '"morel bruno"', "Bruno"]
)
def test_an_author_is_found_by_name_or_user_name(bruno, awa, clerk, published, postwoman, name):
    published(postwoman, "Un autre banc")
    answer = awa.get(LIST, {"q": f"auteur:{name}"}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?author={clerk.pk}", 302)]
    assert titles(answer) == ["Un banc pour attendre", "Un vélo plus léger"]
    (chip,) = answer.context["listing"].chips()
    assert chip == {"label": "Signées par Bruno Morel", "url": LIST}
    assert f'name="author" value="{clerk.pk}"' in answer.text


def test_accents_of_a_name_do_not_matter(published, expert, indexed, awa):
    published(expert, "Un banc")
    indexed()
    for name in ("elias", "Élias", "éliàs", "ÉLIAS"):
        assert titles(awa.get(LIST, {"q": f"author:{name}"}, follow=True)) == ["Un banc"]


def test_an_author_and_words_narrow_together(bruno, awa, published, postwoman, indexed):
    published(postwoman, "Un banc rouge")
    indexed()
    answer = awa.get(LIST, {"q": "auteur:bruno banc"}, follow=True)
    assert titles(answer) == ["Un banc pour attendre"]
    assert answer.context["found"].facets["theme"] == {"waiting": 1}


def test_people_of_one_name_are_told_apart_by_their_place(bruno, published, rennes, indexed, awa):
    other = type(bruno[0].author).objects.create_user(
        "bruno2", first_name="Bruno", last_name="Morel", entity=rennes
    )
    published(other, "Un casier")
    indexed()
    near = awa.get(LIST, {"q": 'auteur:"bruno morel"'}).context["listing"].told()[0]["near"]
    assert [one["label"] for one in near] == [
        "Bruno Morel (Quimper Centre)",
        "Bruno Morel (PPDC Rennes Sud)",
    ]


def test_who_signed_a_merged_idea_is_found_with_its_head(
    bruno, published, postwoman, moderator, indexed, awa
):
    bruno[0].merge_into(published(postwoman, "Des sièges"), moderator)
    indexed()
    answer = awa.get(LIST, {"q": "auteur:bruno"}, follow=True)
    assert titles(answer) == ["Des sièges", "Un vélo plus léger"]


def test_an_idea_that_is_not_published_has_no_author_to_be_found(submit, clerk, awa, indexed):
    submit(clerk, "Pas encore lue")
    indexed()
    assert told(awa.get(LIST, {"q": "auteur:bruno"})) == [
        f"Aucune idée n’est signée par «{NBSP}bruno{NBSP}»."
    ]


@pytest.mark.parametrize("author", ["0", "-1", "x", "9" * 30, "1 OR 1=1", "\x00"])
def test_an_author_that_makes_no_sense_is_left_out(bruno, awa, author):
    assert len(titles(awa.get(LIST, {"author": author}))) == 2


@pytest.mark.parametrize("name", [".*", "[", "(", "%", "\\", "^b", "b$", "'"])
def test_a_name_is_no_pattern(bruno, awa, name):
    assert len(told(awa.get(LIST, {"q": f"auteur:{name}x"}))) == 1


# --- Anonymous means anonymous ----------------------------------------------------------------


@pytest.fixture
def hidden(published, clerk, postwoman, indexed):
    """One anonymous idea of the clerk's and one of the postwoman's; both signed one as well."""
    made = [published(p, f"Caché {p}", is_anonymous=True) for p in (clerk, postwoman)]
    for person in (clerk, postwoman):
        published(person, f"Signé {person}")
    indexed()
    return made


def test_an_authors_anonymous_idea_is_not_among_theirs(hidden, awa, clerk):
    answer = awa.get(LIST, {"author": clerk.pk})
    assert titles(answer) == ["Signé Bruno Morel"]
    assert authors.ideas_of([str(clerk.pk)]) == [
        str(Idea.objects.get(title="Signé Bruno Morel").pk)
    ]


def test_not_even_its_own_author_finds_it_so(hidden, clerk, signed_in):
    assert titles(signed_in(clerk).get(LIST, {"q": "auteur:bruno"}, follow=True)) == [
        "Signé Bruno Morel"
    ]


def test_who_wrote_anonymously_only_is_as_unknown_as_who_wrote_nothing(
    published, clerk, colleagues, indexed, awa
):
    published(clerk, "Caché", is_anonymous=True)
    indexed()

    def page(name, key):
        typed = awa.get(LIST, {"q": f"auteur:{name}"})
        chosen = awa.get(LIST, {"author": key})
        assert not chosen.context["listing"].authors
        return told(typed)[0].replace(name, "…"), titles(typed), titles(chosen)

    assert page("bruno", clerk.pk) == page("staff01", colleagues[1].pk)


def test_the_database_does_the_same_work_whoever_wrote_the_anonymous_idea(hidden, clerk):
    """An anonymous idea is looked at for its own author exactly as for anybody else."""

    def work(person):
        with CaptureQueriesContext(connection) as context:
            authors.called(person.username)
            authors.known([str(person.pk)])
            authors.ideas_of([str(person.pk)])
        return [query["sql"].replace(person.username, "?") for query in context.captured_queries]

    before = work(clerk)
    assert len(before) == 3
    Idea.objects.filter(is_anonymous=True).delete()
    assert work(clerk) == before
    assert not any("seal" in sql for sql in before)


@pytest.mark.parametrize("query", ["author={}", "q=borne&author={}"])
def test_an_author_costs_two_queries(bruno, published, clerk, indexed, awa, queries, query):
    published(clerk, "Borne")
    indexed()
    address = f"{LIST}?{query.format(clerk.pk)}"
    few = queries(awa, address)
    for n in range(12):
        published(clerk, f"Borne {n}")
    indexed()
    assert queries(awa, address) == few <= 10


# --- Put right --------------------------------------------------------------------------------


def test_a_word_put_right_is_said_with_a_way_to_the_word_as_typed(bruno, awa):
    answer = awa.get(LIST, {"q": "velos bancc"})
    assert answer.context["found"].correction == "velos banc"
    assert "Résultats pour" in answer.text
    exact = awa.get(answer.context["listing"].exact_url)
    assert exact.context["listing"].text == '"velos" "bancc"'
    assert titles(exact) == []
    assert exact.context["found"].correction == ""
    assert "title=velos+bancc" in exact.text


def test_the_page_says_that_no_idea_has_all_the_words(bruno, awa):
    answer = awa.get(LIST, {"q": "banc léger", "sort": "new"})
    assert answer.context["found"].relaxed
    assert titles(answer) == ["Un banc pour attendre", "Un vélo plus léger"]
    assert "Aucune idée n’a tous ces mots" in answer.text
    assert "Aucune idée n’a tous ces mots" not in awa.get(LIST, {"q": "banc attendre"}).text
