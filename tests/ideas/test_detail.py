import pytest
from django.urls import reverse

from ideas.models import Event, Idea, Vote


@pytest.fixture
def bruno(clerk, signed_in):
    return signed_in(clerk)


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


def url(idea):
    return reverse("ideas:detail", args=[idea.pk])


def test_every_colleague_reads_a_published_idea(published, postwoman, bruno):
    idea = published(postwoman, "Un banc", body="Devant le guichet.\n\nEt près de la porte.")
    answer = bruno.get(url(idea))
    assert answer.status_code == 200
    assert "<p>Devant le guichet.</p>" in answer.text
    assert "Awa Le Goff" in answer.text
    assert idea.reference in answer.text


@pytest.mark.parametrize("act", ["submit", "withdraw", "decline"])
def test_what_was_never_published_does_not_exist_for_others(
    submit, published, postwoman, moderator, bruno, act
):
    idea = published(postwoman) if act == "withdraw" else submit(postwoman)
    if act == "withdraw":
        idea.withdraw(postwoman)
    if act == "decline":
        idea.decline(moderator, "Déjà en place.")
    assert bruno.get(url(idea)).status_code == 404


def test_the_author_and_the_moderators_read_it_before_publication(
    submit, postwoman, moderator, signed_in, awa
):
    idea = submit(postwoman)
    assert awa.get(url(idea)).status_code == 200
    assert signed_in(moderator).get(url(idea)).status_code == 200


def test_the_author_of_an_anonymous_idea_reads_it_before_publication(submit, postwoman, awa):
    assert awa.get(url(submit(postwoman, is_anonymous=True))).status_code == 200


def test_an_unknown_idea_is_not_found(awa):
    assert awa.get(reverse("ideas:detail", args=[999])).status_code == 404


def test_the_page_is_read_not_posted_to(published, postwoman, bruno):
    assert bruno.post(url(published(postwoman))).status_code == 405


def test_html_in_an_idea_is_shown_as_it_was_typed(published, postwoman, bruno):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    idea = published(postwoman, evil, body=f"{evil} http://example.org/x")
    page = bruno.get(url(idea)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="http://example.org/x"' not in page


def test_the_route_says_where_it_stands_and_by_when_an_answer_comes(submit, postwoman, awa):
    route = awa.get(url(submit(postwoman))).context["route"]
    assert [stop.stop for stop in route.stops] == ["done", "current", "next", "next", "next"]
    assert route.next
    assert route.when


def test_the_route_of_an_adopted_idea_leads_to_its_project(published, postwoman, moderator, bruno):
    idea = published(postwoman).adopt(moderator)
    stops = [stop.stop for stop in bruno.get(url(idea)).context["route"].stops]
    assert stops == ["done", "done", "done", "current", "next"]
    Event.record(idea, Event.Kind.PROJECT_PUBLISHED, moderator)
    stops = [stop.stop for stop in bruno.get(url(idea)).context["route"].stops]
    assert stops == ["done", "done", "done", "done", "current"]


def test_a_declined_idea_ends_its_route_with_the_reason(published, postwoman, moderator, awa):
    idea = published(postwoman).decline(moderator, "Les bornes sont déjà commandées.")
    answer = awa.get(url(idea))
    assert answer.context["route"].stops[-1].stop == "ended"
    assert "Les bornes sont déjà commandées." in answer.text
    assert "/soutenir/" not in answer.text


def test_the_timeline_tells_who_what_when_and_why(published, postwoman, moderator, bruno):
    idea = published(postwoman).decline(moderator, "Les bornes arrivent en mars.")
    stops = bruno.get(url(idea)).context["timeline"]
    assert [stop.by for stop in stops] == ["Awa Le Goff", "Mona Petit", "Mona Petit"]
    assert stops[-1].text == "Les bornes arrivent en mars."
    assert all(stop.when for stop in stops)


def test_a_word_for_the_author_is_read_by_the_author(published, postwoman, moderator, awa, bruno):
    idea = published(postwoman).adopt(moderator, "Très attendue.")
    assert "Très attendue." in awa.get(url(idea)).text
    assert "Très attendue." not in bruno.get(url(idea)).text


def test_questions_and_answers_stay_between_author_and_moderators(
    submit, postwoman, moderator, bruno, awa
):
    idea = submit(postwoman).ask_details(moderator, "Dans quel bureau ?")
    idea.revise(postwoman, idea.title, idea.body, "Le mien, à Rennes").publish(moderator)
    assert "Le mien, à Rennes" in awa.get(url(idea)).text
    page = bruno.get(url(idea)).text
    assert "Le mien, à Rennes" not in page
    assert "Dans quel bureau" not in page


def test_a_question_asked_of_the_author_stands_first(submit, postwoman, moderator, awa):
    idea = submit(postwoman).ask_details(moderator, "Dans quel bureau ?")
    page = awa.get(url(idea)).text
    assert "Dans quel bureau ?" in page
    assert reverse("ideas:revise", args=[idea.pk]) in page


def test_the_old_address_of_a_merged_idea_leads_to_the_head_for_good(
    published, postwoman, clerk, moderator, bruno
):
    head, source = published(postwoman, "Un banc"), published(clerk, "Des sièges")
    source.merge_into(head, moderator)
    answer = bruno.get(url(source), follow=True)
    assert answer.redirect_chain == [(f"{url(head)}?from={source.pk}", 301)]
    assert answer.context["merged_from"] == source
    assert "Des sièges" in answer.text
    assert "Bruno Morel" in answer.text


def test_only_what_was_merged_here_is_said_to_be(published, postwoman, bruno):
    idea, other = published(postwoman), published(postwoman, "Autre")
    for value in (other.pk, "x", ""):
        assert bruno.get(f"{url(idea)}?from={value}").context["merged_from"] is None


def test_the_author_of_a_merged_idea_has_no_button_on_its_head(
    published, postwoman, clerk, moderator, bruno
):
    head, source = published(postwoman), published(clerk, is_anonymous=True)
    source.merge_into(head, moderator)
    assert bruno.get(url(head)).context["can_back"] is False


def test_the_title_of_a_merged_idea_that_nobody_published_is_not_shown(
    published, submit, postwoman, clerk, moderator, awa
):
    head, source = published(postwoman), submit(clerk, "Brouillon confidentiel")
    source.merge_into(head, moderator)
    page = awa.get(url(head)).text
    assert "Brouillon confidentiel" not in page
    assert source.reference in page


def test_similar_ideas_come_with_the_state_of_each(published, postwoman, bruno, indexed, htmx):
    idea = published(postwoman, "Une borne à tickets dans le hall d’accueil")
    other = published(postwoman, "Une borne à tickets dans le hall du bureau")
    indexed()
    answer = bruno.get(reverse("ideas:alike", args=[idea.pk]), headers=htmx)
    assert [item["title"] for item in answer.context["similar"]] == [other.title]
    assert "<html" not in answer.text
    assert "<html" in bruno.get(reverse("ideas:alike", args=[idea.pk])).text


def test_an_idea_is_not_like_what_is_merged_into_it(
    published, postwoman, bruno, moderator, indexed, htmx
):
    head = published(postwoman, "Une borne à tickets dans le hall")
    published(postwoman, "Une borne à tickets à l’entrée").merge_into(head, moderator)
    indexed()
    answer = bruno.get(reverse("ideas:alike", args=[head.pk]), headers=htmx)
    assert answer.context["similar"] == []


def test_similar_ideas_of_a_hidden_idea_are_not_told(submit, postwoman, bruno):
    assert bruno.get(reverse("ideas:alike", args=[submit(postwoman).pk])).status_code == 404


def test_the_link_to_share_is_whole(published, postwoman, bruno):
    idea = published(postwoman)
    assert f'data-copy="http://testserver{url(idea)}"' in bruno.get(url(idea)).text


def test_revising_sends_the_new_text_to_the_moderators(submit, postwoman, awa):
    idea = submit(postwoman)
    data = {"title": "Deux bornes", "body": "Une à chaque entrée.", "version": idea.version}
    answer = awa.post(reverse("ideas:revise", args=[idea.pk]), data)
    assert answer["Location"] == url(idea)
    assert Idea.objects.get(pk=idea.pk).title == "Deux bornes"


def words(idea):
    """What the form of one's own idea sends back, as it was when it was opened."""
    return {"title": idea.title, "body": idea.body, "version": idea.version}


def test_a_question_asked_while_one_writes_is_shown_and_not_taken_for_answered(
    submit, postwoman, moderator, awa
):
    idea = submit(postwoman)
    data = {**words(idea), "body": "Une à chaque entrée."}
    idea.ask_details(moderator, "Dans quel bureau ?")
    answer = awa.post(reverse("ideas:revise", args=[idea.pk]), data)
    assert "Dans quel bureau ?" in answer.text
    assert "Une à chaque entrée." in answer.text
    idea.refresh_from_db()
    assert idea.state == Idea.State.NEEDS_DETAILS
    again = {**data, "version": idea.version, "answer": "À Rennes."}
    assert answer.context["idea"].version == idea.version
    assert awa.post(reverse("ideas:revise", args=[idea.pk]), again).status_code == 302


def test_an_answer_says_something(submit, postwoman, moderator, awa):
    idea = submit(postwoman).ask_details(moderator, "Où ?")
    answer = awa.post(reverse("ideas:revise", args=[idea.pk]), words(idea))
    assert answer.context["form"].errors["answer"]
    completed = {**words(idea), "body": "Au guichet 3."}
    assert awa.post(reverse("ideas:revise", args=[idea.pk]), completed).status_code == 302


def test_answering_a_question_puts_the_idea_back_in_the_queue(submit, postwoman, moderator, awa):
    idea = submit(postwoman).ask_details(moderator, "Où ?")
    data = {**words(idea), "answer": "À Rennes."}
    awa.post(reverse("ideas:revise", args=[idea.pk]), data)
    idea.refresh_from_db()
    assert idea.state == Idea.State.SUBMITTED
    assert idea.events.last().reason == "À Rennes."


def test_a_revision_that_comes_too_late_keeps_what_was_typed(submit, postwoman, moderator, awa):
    idea = submit(postwoman)
    data = {**words(idea), "body": "Une à chaque entrée."}
    idea.publish(moderator)
    answer = awa.post(reverse("ideas:revise", args=[idea.pk]), data)
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    assert "Une à chaque entrée." in answer.text


@pytest.mark.parametrize("name", ["ideas:revise", "ideas:withdraw"])
def test_nobody_changes_the_idea_of_another(published, postwoman, bruno, name):
    idea = published(postwoman)
    assert bruno.get(reverse(name, args=[idea.pk])).status_code == 404
    assert bruno.post(reverse(name, args=[idea.pk])).status_code == 404
    assert bruno.delete(reverse(name, args=[idea.pk])).status_code == 405


def test_withdrawing_asks_first_and_then_hides_the_idea(published, postwoman, awa, bruno):
    idea = published(postwoman)
    address = reverse("ideas:withdraw", args=[idea.pk])
    assert awa.get(address).status_code == 200
    assert Idea.objects.get(pk=idea.pk).state == Idea.State.PUBLISHED
    assert awa.post(address, follow=True).status_code == 200
    assert bruno.get(url(idea)).status_code == 404


def test_an_adopted_idea_is_not_withdrawn_and_the_page_says_why(
    published, postwoman, moderator, awa
):
    idea = published(postwoman).adopt(moderator)
    answer = awa.post(reverse("ideas:withdraw", args=[idea.pk]), follow=True)
    assert "toast--error" in answer.text
    assert answer.context["can_withdraw"] is False


def test_the_page_takes_as_few_queries_however_much_there_is_on_it(
    published, postwoman, moderator, colleagues, bruno, queries
):
    idea = published(postwoman)
    bruno.get(url(idea))
    few = queries(bruno, url(idea))
    for person in colleagues:
        source = published(person, f"Banc de {person}", is_anonymous=person.pk % 2 == 0)
        source.merge_into(idea, moderator)
        Vote.cast(idea, moderator) if person is colleagues[0] else None
    assert queries(bruno, url(idea)) <= few
    assert few <= 14


def test_the_page_says_at_how_many_places_it_is_backed_from_five_people_on(
    published, postwoman, colleagues, rennes, quimper, bruno
):
    idea = published(postwoman)
    for n, person in enumerate(colleagues[:4]):
        person.entity = (rennes, quimper)[n % 2]
        Vote.cast(idea, person)
    assert "soutenue dans" not in bruno.get(url(idea)).text
    Vote.cast(idea, colleagues[4])
    assert "soutenue dans 2 lieux" in bruno.get(url(idea)).text
    Vote.withdraw(idea, colleagues[0])
    assert "soutenue dans" not in bruno.get(url(idea)).text
