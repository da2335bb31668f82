import pytest
from django.urls import reverse

from ideas.listing import SIZE, orders
from ideas.models import Vote

LIST = reverse("ideas:list")


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


@pytest.fixture
def many(published, clerk, indexed):
    def make(number):
        ideas = [
            published(clerk, f"Borne numéro {n} pour le hall", body=f"Texte {n} sur la file.")
            for n in range(number)
        ]
        indexed()
        return ideas

    return make


def titles(answer):
    return [card.idea.title for card in answer.context["cards"]]


def test_the_list_shows_published_ideas_only(published, submit, clerk, indexed, awa):
    published(clerk, "Un banc pour attendre")
    submit(clerk, "Pas encore lue")
    indexed()
    assert titles(awa.get(LIST)) == ["Un banc pour attendre"]


def test_a_withdrawn_idea_leaves_the_list(published, clerk, indexed, awa):
    published(clerk, "Un banc pour attendre").withdraw(clerk)
    indexed()
    assert titles(awa.get(LIST)) == []


def test_a_merged_idea_is_found_under_its_head_only(
    published, clerk, postwoman, moderator, indexed, awa
):
    head, source = published(clerk, "Un banc"), published(clerk, "Des sièges")
    source.merge_into(head, moderator)
    indexed()
    assert titles(awa.get(LIST)) == ["Un banc"]


def test_what_search_still_shows_is_looked_up_again_with_the_readers_rights(
    published, clerk, indexed, awa
):
    idea = published(clerk, "Un banc pour attendre")
    indexed()
    type(idea).objects.filter(pk=idea.pk).update(state="withdrawn")
    assert titles(awa.get(LIST)) == []


def test_a_search_finds_plurals_and_accents_and_marks_the_words(published, clerk, indexed, awa):
    published(clerk, "Des réclamations mieux suivies")
    published(clerk, "Un vélo plus léger", body="Pour les côtes.")
    indexed()
    answer = awa.get(LIST, {"q": "reclamation"})
    assert titles(answer)[0] == "Des réclamations mieux suivies"
    assert "<mark>réclamations</mark>" in answer.text


def test_a_reference_number_finds_its_idea(published, clerk, indexed, awa):
    idea = published(clerk, "Un banc pour attendre")
    published(clerk, "Un vélo plus léger")
    indexed()
    assert titles(awa.get(LIST, {"q": idea.reference})) == ["Un banc pour attendre"]


def test_filters_narrow_within_and_across_facets(published, clerk, parcels, welcome, indexed, awa):
    published(clerk, "Un banc", moment=welcome)
    published(clerk, "Un chariot", theme=parcels, moment=welcome)
    published(clerk, "Un casier", theme=parcels)
    indexed()
    answer = awa.get(LIST, {"theme": ["parcels", "waiting"], "moment": "welcome"})
    assert sorted(titles(answer)) == ["Un banc", "Un chariot"]


def test_each_facet_counts_without_its_own_filter(published, clerk, parcels, indexed, awa):
    published(clerk, "Un banc")
    published(clerk, "Un chariot", theme=parcels)
    indexed()
    facets = {
        f["name"]: f["options"] for f in awa.get(LIST, {"theme": "parcels"}).context["facets"]()
    }
    assert {o["value"]: o["count"] for o in facets["theme"]} == {"waiting": 1, "parcels": 1}
    assert {o["value"]: o["count"] for o in facets["state"]}["published"] == 1


def test_an_active_filter_is_a_chip_that_takes_it_away(published, clerk, indexed, awa):
    published(clerk, "Un banc")
    indexed()
    chips = awa.get(LIST, {"q": "banc", "theme": "waiting"}).context["listing"].chips()
    assert [chip["url"] for chip in chips] == [f"{LIST}?theme=waiting", f"{LIST}?q=banc"]


@pytest.mark.parametrize(
    "query",
    [
        "theme=nothing",
        "sort=sideways",
        "after=%F0%9F%92%A5",
        "after=bm90LWEtY3Vyc29y&shown=x",
        "shown=99999999999999",
        "q=%00",
        "q=%22",
        "q=" + "a" * 5000,
        "q=%3Cscript%3Ealert(1)%3C/script%3E",
    ],
)
@pytest.mark.parametrize("with_words", ["", "&q=banc"])
def test_an_address_that_makes_no_sense_still_answers(
    published, clerk, indexed, awa, query, with_words
):
    published(clerk, "Un banc")
    indexed()
    answer = awa.get(f"{LIST}?{query}{with_words}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("order", ["rising", "backed", "discover", "new", "discussed", "relevance"])
@pytest.mark.parametrize("words", ["", "borne"])
def test_show_more_neither_repeats_nor_misses_an_idea(many, awa, htmx, order, words):
    many(SIZE * 2 + 3)
    seen, url, pages = [], f"{LIST}?sort={order}" + (f"&q={words}" if words else ""), 0
    while url:
        answer = awa.get(url, headers=htmx)
        seen += titles(answer)
        url, pages = answer.context["next_url"], pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == SIZE * 2 + 3
    assert answer.context["listed"] == SIZE * 2 + 3


def test_newest_first(published, clerk, indexed, awa):
    for title in ("Première", "Deuxième", "Troisième"):
        published(clerk, title)
    indexed()
    assert titles(awa.get(LIST, {"sort": "new"})) == ["Troisième", "Deuxième", "Première"]


def test_what_rises_comes_first_by_default(published, clerk, colleagues, indexed, awa):
    _quiet, backed = published(clerk, "Calme"), published(clerk, "Soutenue")
    Vote.cast(backed, colleagues[0])
    indexed()
    answer = awa.get(LIST)
    assert titles(answer) == ["Soutenue", "Calme"]
    assert answer.context["listing"].order == "rising"


def test_a_running_campaign_deals_its_ideas_out_fairly(published, clerk, campaign, indexed, awa):
    published(clerk, "Un banc", campaign=campaign)
    published(clerk, "Un vélo")
    indexed()
    answer = awa.get(campaign.get_absolute_url())
    assert answer.context["listing"].order == "discover"
    assert titles(answer) == ["Un banc"]


def test_every_order_says_what_it_does(many, awa):
    many(1)
    listing = awa.get(LIST, {"q": "borne"}).context["listing"]
    found = orders(listing.order, listing.searched, listing.order_address)
    assert len(found) == 6
    assert all(str(order["says"]).endswith(".") for order in found)


def test_htmx_gets_the_results_and_the_counts_but_not_the_page(many, awa, htmx):
    many(2)
    answer = awa.get(f"{LIST}?theme=waiting&q=", headers=htmx)
    assert "<html" not in answer.text
    assert 'id="count-theme-waiting" hx-swap-oob="true"' in answer.text
    assert answer["HX-Push-Url"] == f"{LIST}?theme=waiting"


def test_nothing_found_offers_a_way_out(many, awa):
    many(1)
    answer = awa.get(LIST, {"q": "xylophone"})
    assert titles(answer) == []
    assert f"{reverse('ideas:submit')}?title=xylophone" in answer.text


def test_no_idea_fits_the_filters(many, parcels, awa):
    many(1)
    assert f'href="{LIST}"' in awa.get(LIST, {"theme": "parcels"}).text


def test_an_empty_platform_invites_the_first_idea(awa):
    assert awa.get(LIST).status_code == 200


def test_a_card_tells_whether_i_back_it(published, clerk, postwoman, indexed, awa):
    idea = published(clerk, "Un banc")
    indexed()
    assert 'aria-pressed="false"' in awa.get(LIST).text
    Vote.cast(idea, postwoman)
    indexed()
    assert 'aria-pressed="true"' in awa.get(LIST).text


def test_what_is_kept_of_a_card_is_not_shown_to_another_reader_as_theirs(
    published, clerk, postwoman, colleagues, indexed, awa, signed_in
):
    idea = published(clerk, "Un banc")
    Vote.cast(idea, postwoman)
    indexed()
    assert 'aria-pressed="true"' in awa.get(LIST).text
    assert 'aria-pressed="false"' in signed_in(colleagues[0]).get(LIST).text


def test_each_reader_posts_with_a_token_of_their_own(many, awa, clerk, colleagues, signed_in):
    many(1)
    pages = [awa.get(LIST).text, signed_in(colleagues[0]).get(LIST).text]
    tokens = [
        page.split('class="idea__vote"')[1].split('name="csrfmiddlewaretoken" value="')[1][:64]
        for page in pages
    ]
    assert tokens[0] != tokens[1]
    assert all(token.isalnum() for token in tokens)


def test_a_new_comment_count_renews_the_card(published, clerk, indexed, awa):
    idea = published(clerk, "Un banc")
    indexed()
    awa.get(LIST)
    idea.set_own_comments(lambda: 7)
    assert "7 comm" in awa.get(LIST).text


def test_authors_do_not_get_a_button_for_their_own_idea(published, postwoman, indexed, awa):
    published(postwoman, "Un banc")
    published(postwoman, "Un banc anonyme", is_anonymous=True)
    indexed()
    assert "/soutenir/" not in awa.get(LIST).text


def test_suggestions_go_on_from_what_is_typed(published, clerk, indexed, awa):
    published(clerk, "Réclamation en ligne")
    indexed()
    answer = awa.get(reverse("ideas:suggest"), {"q": "récl"})
    assert "clamation" in answer.text.lower()
    assert "<li>" in answer.text


@pytest.mark.parametrize("words", ["", "a", "%", "\x00\x00", "x" * 3000, '"'])
def test_suggestions_for_nothing_are_none(awa, words):
    assert "<li>" not in awa.get(reverse("ideas:suggest"), {"q": words}).text


@pytest.mark.parametrize("name", ["ideas:list", "ideas:suggest"])
def test_lists_are_read_not_posted_to(awa, name):
    assert awa.post(reverse(name)).status_code == 405


@pytest.mark.parametrize("query", ["", "?q=borne", "?sort=discover", "?theme=waiting"])
def test_the_list_takes_few_queries_whatever_its_length(many, awa, queries, query):
    many(5)
    few = queries(awa, LIST + query)
    many(20)
    assert queries(awa, LIST + query) == few <= 8
