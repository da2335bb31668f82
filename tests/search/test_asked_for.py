"""What is asked for in the search box, through the product, over every engine."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from community.newcomers import published_after
from ideas.listing import Listing, Taxonomy

LIST = reverse("ideas:list")


@pytest.fixture
def awa(engine, postwoman, signed_in):
    return signed_in(postwoman)


@pytest.fixture
def ideas(engine, published, clerk, expert, parcels, told):
    """Two of the clerk's, one on parcels; one of the expert's; a hidden one of the clerk's."""
    made = [
        published(clerk, "Un banc pour attendre"),
        published(clerk, "Un banc pour les colis", theme=parcels),
        published(expert, "Un banc chauffant"),
        published(clerk, "Un banc caché", is_anonymous=True),
    ]
    told()
    return made


def titles(answer):
    return sorted(card.idea.title for card in answer.context["cards"])


@pytest.mark.parametrize("sort", ["relevance", "new", "rising"])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("banc thème:colis", ["Un banc pour les colis"]),
        ("banc auteur:bruno", ["Un banc pour attendre", "Un banc pour les colis"]),
        ("auteur:bruno thème:attente", ["Un banc pour attendre"]),
        ('banc -thème:colis auteur:"bruno morel"', ["Un banc pour attendre"]),
        ("auteur:elias", ["Un banc chauffant"]),
        ("chauffant auteur:bruno", []),
        ("caché auteur:bruno", []),
    ],
)
def test_operators_and_words_narrow_together(ideas, awa, words, found, sort):
    assert titles(awa.get(LIST, {"q": words, "sort": sort}, follow=True)) == found


def test_a_word_put_right_leads_back_to_the_word_as_typed(ideas, awa):
    answer = awa.get(LIST, {"q": "chaiffant"})
    assert answer.context["found"].correction == "chauffant"
    assert "Résultats pour" in answer.text
    exact = awa.get(answer.context["listing"].exact_url)
    assert (titles(exact), exact.context["found"].correction) == ([], "")


@pytest.mark.parametrize("sort", ["relevance", "new"])
@pytest.mark.parametrize(
    ("words", "says"), [("chauffant colis", True), ("banc chauffant", False), ("banc", False)]
)
def test_the_list_says_when_no_idea_has_all_the_words(ideas, awa, words, says, sort):
    page = awa.get(LIST, {"q": words, "sort": sort}).text
    assert ("Aucune idée n’a tous ces mots" in page) is says


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("q=banc", 4),
        ("q=banc+chauffant", 1),
        ("q=chauffant+colis", 0),
        ("q=chaiffant", 0),
        ("q=thème:colis", 1),
        ("q=auteur:bruno+banc", 2),
        ("q=xylophone", 0),
    ],
)
def test_an_alert_tells_what_was_asked_for_and_nothing_else(ideas, query, number):
    listing = Listing.asked(QueryDict(query), Taxonomy.load())
    found = published_after(timezone.now() - timedelta(hours=1), listing, 50)
    assert len(found.ideas) == number
