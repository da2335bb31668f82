import re

import pytest
from django.urls import reverse

from accounts.models import Entity
from ideas.likeness import WEAK
from ideas.models import Draft, Idea, Vote

SUBMIT = reverse("ideas:submit")


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


def refusal(answer, field):
    """What the page says beside the field; nothing was submitted."""
    assert answer.status_code == 200
    assert not Idea.objects.exists()
    errors = answer.context["form"].errors[field]
    assert f'id="id_{field}_error"' in answer.text
    return " ".join(errors)


def test_the_form_is_one_page_with_the_place_of_the_person(awa):
    answer = awa.get(SUBMIT)
    assert answer.status_code == 200
    assert 'value="PPDC Rennes Sud (P35000)"' in answer.text


def test_submitting_leads_to_the_idea_and_to_what_happens_next(awa, postwoman, rennes, typed):
    answer = awa.post(SUBMIT, typed(place="PPDC Rennes Sud (P35000)"), follow=True)
    idea = Idea.objects.get()
    assert answer.redirect_chain == [(idea.get_absolute_url(), 302)]
    assert (idea.author, idea.entity, idea.state) == (postwoman, rennes, Idea.State.SUBMITTED)
    assert "toast--success" in answer.text
    assert "route__next" in answer.text


def test_a_double_click_makes_one_idea(awa, typed):
    data = typed()
    first, second = (awa.post(SUBMIT, data) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Idea.objects.count() == 1


def test_another_text_sent_with_the_same_form_is_not_swallowed(awa, typed):
    data = typed()
    awa.post(SUBMIT, data)
    answer = awa.post(SUBMIT, data | {"title": "Tout autre chose", "body": "Un vélo plus léger."})
    assert Idea.objects.count() == 1
    assert "Un vélo plus léger." in answer.text
    assert awa.post(SUBMIT, data | typed(title="Tout autre chose")).status_code == 302
    assert Idea.objects.count() == 2


def test_everything_optional_may_be_filled_in(awa, typed, welcome, counter, campaign, quimper):
    data = typed(moment="welcome", channel="counter", campaign="autumn", place="q29000")
    awa.post(SUBMIT, data)
    idea = Idea.objects.get()
    assert (idea.moment, idea.channel, idea.campaign) == (welcome, counter, campaign)
    assert idea.entity == quimper


def test_a_campaign_that_is_over_takes_no_idea(awa, typed, campaign):
    campaign.ends_on = campaign.starts_on
    campaign.save()
    refusal(awa.post(SUBMIT, typed(campaign="autumn")), "campaign")


def test_the_address_may_choose_the_campaign_and_begin_the_title(awa, campaign):
    form = awa.get(SUBMIT, {"campaign": "autumn", "title": "Un banc"}).context["form"]
    assert (form["campaign"].value(), form["title"].value()) == ("autumn", "Un banc")


@pytest.mark.parametrize("title", ["", "   ", "\t\n"])
def test_a_title_is_needed(awa, typed, title):
    assert refusal(awa.post(SUBMIT, typed(title=title)), "title")


@pytest.mark.parametrize("text", ["👍👍👍", "!!! ???", "12 345", "\u200b\u200b"])
@pytest.mark.parametrize("field", ["title", "body"])
def test_words_are_needed(awa, typed, field, text):
    assert refusal(awa.post(SUBMIT, typed(**{field: text})), field)


def test_200_000_characters_are_too_many_and_all_kept(awa, typed):
    text = "Les clients attendent. " * 9000
    answer = awa.post(SUBMIT, typed(body=text))
    assert re.search(r"201.999\b.*\b5.000\b", refusal(answer, "body"))
    assert len(answer.context["form"]["body"].value()) == len(text)
    assert Draft.objects.get().typed["body"] == text


def test_a_title_one_character_too_long_says_so(awa, typed):
    assert "1" in refusal(awa.post(SUBMIT, typed(title="a" * 121)), "title")


def test_line_ends_do_not_count_twice(awa, typed):
    awa.post(SUBMIT, typed(body="a\r\n" * 2500))
    assert len(Idea.objects.get().body) == 4999


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x85", "\u202e"])
def test_invisible_characters_are_named_and_taken_out(awa, typed, character):
    answer = awa.post(SUBMIT, typed(body=f"Un ban{character}c"))
    assert refusal(answer, "body")
    assert answer.context["form"]["body"].value() == "Un banc"


def test_html_is_kept_as_text_and_never_run(awa, typed):
    evil = "<script>alert(1)</script>"
    answer = awa.post(SUBMIT, typed(title=evil, body=f"{evil} <b>gras</b>"), follow=True)
    assert Idea.objects.get().title == evil
    assert evil not in answer.text


def test_html_in_a_refused_form_is_escaped(awa, typed):
    evil = '"><script>alert(1)</script>'
    data = typed(title="", body=evil, place=evil, theme=evil, moment=evil, key=evil, seq=evil)
    assert "<script>alert" not in awa.post(SUBMIT, data).text


@pytest.mark.parametrize("theme", ["", "nothing", "999"])
def test_a_theme_that_exists_is_needed(awa, typed, theme):
    assert refusal(awa.post(SUBMIT, typed(theme=theme)), "theme")


def test_what_was_typed_stays_when_something_is_wrong(awa, typed, parcels, welcome):
    answer = awa.post(SUBMIT, typed(title="", theme="parcels", moment="welcome", place="Rennes"))
    form = answer.context["form"]
    assert form["body"].value() == "Les clients verraient leur tour et pourraient s’asseoir."
    assert form["theme"].value() == "parcels"
    assert form["moment"].value() == "welcome"
    assert form["place"].value() == "PPDC Rennes Sud (P35000)"


@pytest.mark.parametrize("typed_place", ["q29000", "Quimper Centre", "quimper", "Quimper (Q29000)"])
def test_a_place_is_known_by_name_or_code(awa, typed, quimper, typed_place):
    awa.post(SUBMIT, typed(place=typed_place))
    assert Idea.objects.get().entity == quimper


def test_accents_do_not_matter_in_a_place(awa, typed, bretagne):
    place = Entity.objects.create(
        code="E1", name="Épinal-Gare", kind="post-office", region=bretagne
    )
    awa.post(SUBMIT, typed(place="epinal gare"))
    assert Idea.objects.get().entity == place


def test_the_place_chosen_in_the_list_counts_more_than_what_was_typed(awa, typed, quimper):
    awa.post(SUBMIT, typed(place="qui", place_code="Q29000"))
    assert Idea.objects.get().entity == quimper


def test_a_place_chosen_in_the_list_stays_chosen_when_something_else_is_wrong(awa, typed, quimper):
    answer = awa.post(SUBMIT, typed(place="qui", place_code="Q29000", title=""))
    assert answer.context["form"]["place"].value() == "Quimper Centre (Q29000)"
    answer = awa.get(reverse("ideas:draft", args=[Draft.objects.get().key]))
    assert answer.context["form"]["place"].value() == "Quimper Centre (Q29000)"


@pytest.mark.parametrize("place", ["Nulle part", "(ZZZ)", "%", "x" * 199])
def test_a_place_that_does_not_exist_is_refused(awa, typed, place):
    assert refusal(awa.post(SUBMIT, typed(place=place)), "place")


def test_a_place_that_may_be_several_says_which(awa, typed, bretagne):
    for code in ("A1", "A2"):
        Entity.objects.create(code=code, name="Brest Siam", kind="post-office", region=bretagne)
    said = refusal(awa.post(SUBMIT, typed(place="brest")), "place")
    assert "(A1)" in said
    assert "(A2)" in said


def test_places_are_offered_while_their_name_is_typed(awa, quimper):
    answer = awa.get(reverse("ideas:places"), {"place": "quim cen"})
    assert 'value="Q29000"' in answer.text
    assert "radio" not in awa.get(reverse("ideas:places"), {"place": "zzz"}).text
    assert awa.post(reverse("ideas:places")).status_code == 405


def test_the_place_is_found_among_thousands_in_one_query(
    awa, bretagne, django_assert_max_num_queries
):
    Entity.objects.bulk_create(
        Entity(code=f"N{n}", name=f"Bureau {n}", kind="post-office", region=bretagne)
        for n in range(3000)
    )
    # Three more are of the session and the person.
    with django_assert_max_num_queries(4):
        answer = awa.get(reverse("ideas:places"), {"place": "bureau 2999"})
    assert 'value="N2999"' in answer.text


@pytest.fixture
def others(published, clerk):
    """What else is being said, so that some words tell more than others."""
    for title in ("Un vélo plus léger", "Des gants chauds", "La lumière du parking"):
        published(clerk, title, body=f"{title}, pour la tournée du matin en hiver.")


def test_ideas_that_say_the_same_appear_while_typing(awa, published, clerk, others, indexed, htmx):
    idea = published(clerk, "Une borne à tickets dans le hall d’accueil")
    indexed()
    answer = awa.post(
        reverse("ideas:similar"),
        {"title": "Mettre une borne à tickets dans le hall d’accueil", "theme": "waiting"},
        headers=htmx,
    )
    (found,) = answer.context["similar"]
    assert found["title"] == idea.title
    assert any("borne" in reason for reason in found["why"])
    assert reverse("ideas:back_instead", args=[idea.pk]) in answer.text


def test_ideas_on_the_same_subject_appear_where_none_says_the_same(
    awa, published, clerk, others, indexed, monkeypatch
):
    published(clerk, "Une borne à tickets dans le hall d’accueil")
    indexed()
    data = {"title": "Une borne à tickets dans le hall d’accueil"}
    monkeypatch.setattr("search.similar.band", lambda *_: WEAK)
    answer = awa.post(reverse("ideas:similar"), data)
    assert answer.context["loosely"]
    (found,) = answer.context["similar"]
    assert found["percent"] is None
    assert found["why"] == []
    assert "Sur le même sujet" in answer.text


def test_ideas_that_are_not_public_never_appear_while_typing(awa, submit, clerk, indexed):
    submit(clerk, "Une borne à tickets dans le hall d’accueil")
    indexed()
    data = {"title": "Une borne à tickets dans le hall d’accueil"}
    assert awa.post(reverse("ideas:similar"), data).context["similar"] == []


def test_what_was_merged_speaks_for_the_idea_it_was_merged_into(
    awa, submit, published, clerk, moderator, others, indexed
):
    head = published(clerk, "Un distributeur de numéros près de la porte")
    submit(clerk, "Une borne à tickets dans le hall d’accueil").merge_into(head, moderator)
    indexed()
    data = {"title": "Une borne à tickets dans le hall d’accueil"}
    (found,) = awa.post(reverse("ideas:similar"), data).context["similar"]
    assert found["title"] == head.title
    assert "Dit en ces termes dans une idée fusionnée avec celle-ci" in found["why"]


def test_my_own_idea_appears_without_the_offer_to_back_it(
    awa, published, postwoman, others, indexed
):
    published(postwoman, "Une borne à tickets dans le hall d’accueil", is_anonymous=True)
    indexed()
    data = {"title": "Une borne à tickets dans le hall d’accueil"}
    (found,) = awa.post(reverse("ideas:similar"), data).context["similar"]
    assert found["back_url"] is None


@pytest.mark.parametrize("title", ["", "a", "👍", "\x00", "x" * 100_000])
def test_nothing_is_similar_to_nothing(awa, published, clerk, indexed, title):
    published(clerk)
    indexed()
    assert awa.post(reverse("ideas:similar"), {"title": title}).context["similar"] == []


def test_no_address_ever_holds_what_is_being_typed(awa):
    assert awa.get(reverse("ideas:similar"), {"title": "un secret"}).status_code == 405


def test_backing_instead_turns_the_draft_into_a_vote(awa, published, clerk, postwoman, typed):
    idea, data = published(clerk), typed(body="Et aussi près de la porte.")
    awa.post(reverse("ideas:draft", args=[data["key"]]), data)
    answer = awa.post(reverse("ideas:back_instead", args=[idea.pk]), data)
    assert Vote.objects.get().person == postwoman
    assert Idea.objects.count() == 1
    assert "Et aussi près de la porte." in answer.text
    assert reverse("community:comment", args=[idea.pk]) in answer.text


def test_the_draft_is_put_aside_once_the_vote_stands_and_can_come_back(
    awa, published, clerk, typed
):
    idea, data = published(clerk), typed()
    awa.post(reverse("ideas:back_instead", args=[idea.pk]), data)
    draft = Draft.objects.get()
    assert draft.discarded_at
    assert draft.typed["title"] == data["title"]
    awa.post(reverse("ideas:restore", args=[draft.key]))
    assert Draft.objects.kept().get().typed["body"] == data["body"]


def test_a_refused_vote_gives_the_form_back_as_it_was(awa, published, postwoman, typed):
    idea, data = published(postwoman), typed()
    answer = awa.post(reverse("ideas:back_instead", args=[idea.pk]), data)
    assert answer.context["form"].non_field_errors()
    assert data["body"] in answer.text
    assert not Draft.objects.get().discarded_at
    assert not Vote.objects.exists()


def test_backing_instead_asks_for_an_idea_that_one_may_read(awa, submit, clerk, typed):
    url = reverse("ideas:back_instead", args=[submit(clerk).pk])
    assert awa.post(url, typed()).status_code == 404
    assert awa.get(url).status_code == 405


def test_what_was_typed_survives_a_lost_session(client, postwoman, typed):
    data = typed(title="Tapée avant")
    answer = client.post(SUBMIT, data)
    assert answer.status_code == 401
    assert not client.session.keys()
    client.force_login(postwoman, backend="accounts.backends.StaffBackend")
    client.post(answer.context["address"], dict(answer.context["fields"]))
    assert Idea.objects.get().title == "Tapée avant"


def test_the_form_asks_for_sign_in(client):
    assert client.get(SUBMIT)["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("key", ["", "not-a-key", "5f0c6d0e-2f5b-4a53-9d5c-7a1c1e6f0b11"])
def test_a_key_that_makes_no_sense_is_replaced(awa, typed, key):
    assert awa.post(SUBMIT, typed(key=key)).status_code == 302


def test_the_form_is_neither_put_nor_deleted(awa):
    assert awa.put(SUBMIT).status_code == 405
    assert awa.delete(SUBMIT).status_code == 405


def test_the_form_takes_as_few_queries_however_many_words_there_are(
    awa, queries, campaign, waiting
):
    from ideas.models import Theme

    few = queries(awa, SUBMIT)
    for n in range(20):
        Theme.objects.create(slug=f"t{n}", name_fr=f"Thème {n}", name_en=f"Theme {n}")
    assert queries(awa, SUBMIT) == few <= 8
