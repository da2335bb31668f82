from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from community.context import unread_count
from community.models import Comment, LastLook, Notification
from community.models.audience import TOLD, Because
from community.news import News
from community.tasks import sweep
from ideas.models import Event, Idea, Vote


def said(response) -> str:
    return response.content.decode()


@pytest.fixture
def told(idea, clerk, moderator, say):
    """The postwoman's idea: published, commented on and adopted, and she was told."""
    say(idea, clerk, "Testé à Quimper.")
    adopted = Idea.objects.get(pk=idea.pk).adopt(moderator)
    sweep()
    return adopted


def test_news_are_in_words_grouped_by_idea_newest_first(told, published, postwoman, signed_in):
    other = published(postwoman, "Un banc")
    sweep()
    page = said(signed_in(postwoman).get("/nouvelles/"))
    words = [
        other.title,
        "Votre idée a été publiée",
        told.title,
        "Votre idée est adoptée",
        "Bruno Morel a commenté votre idée",
        "Testé à Quimper.",
        "Votre idée a été publiée",
    ]
    place = page.index("<main")
    for word in words:
        place = page.index(word, place)
    assert page.count('class="card news"') == 2


def test_without_news_the_page_says_what_will_be_there(clerk, signed_in):
    page = said(signed_in(clerk).get("/nouvelles/"))
    assert "Pas encore de nouvelles" in page
    assert "Tout marquer comme lu" not in page


def test_unread_news_are_marked_until_all_are_read(told, postwoman, signed_in):
    client = signed_in(postwoman)
    before = client.get("/nouvelles/")
    assert said(before).count("data-unread") == 3
    response = client.post("/nouvelles/lues/", {"newest": before.context["newest"]})
    assert response.url == "/nouvelles/"
    after = client.get("/nouvelles/")
    assert "data-unread" not in said(after)
    assert after.context["unread_count"]() == 0


def test_what_came_after_the_page_was_shown_stays_unread(told, postwoman, clerk, signed_in, say):
    client = signed_in(postwoman)
    newest = client.get("/nouvelles/").context["newest"]
    say(told, clerk, "Entre-temps")
    sweep()
    client.post("/nouvelles/lues/", {"newest": newest})
    assert client.get("/nouvelles/").context["unread_count"]() == 1


@pytest.mark.parametrize("newest", ["", "x", "9" * 30])
def test_marking_up_to_nonsense_marks_nothing_of_the_future(told, postwoman, signed_in, newest):
    response = signed_in(postwoman).post("/nouvelles/lues/", {"newest": newest})
    assert response.status_code in {302, 404}
    latest = Event.objects.latest("pk").pk

    assert all(look.event_id <= latest for look in LastLook.objects.all())


def test_opening_a_line_reads_it_and_leads_there(told, postwoman, clerk, signed_in):
    client = signed_in(postwoman)
    event = Event.objects.get(kind=Event.Kind.COMMENTED)
    response = client.get(f"/nouvelles/{event.pk}/")
    assert response.url == f"/idees/{told.pk}/#comment-{event.data['comment']}"
    unread = Notification.objects.filter(person=postwoman, read_at__isnull=True)
    assert unread.count() == 2
    assert signed_in(clerk).get(f"/nouvelles/{event.pk}/").status_code == 302
    assert unread.count() == 2


def test_a_line_about_a_removed_comment_leads_to_the_discussion(told, postwoman, clerk, signed_in):
    comment = told.comments.get()
    comment.remove(clerk)
    event = Event.objects.get(kind=Event.Kind.COMMENTED)
    client = signed_in(postwoman)
    assert client.get(f"/nouvelles/{event.pk}/").url == f"/idees/{told.pk}/#comments"
    assert "Testé à Quimper" not in said(client.get("/nouvelles/"))


def test_a_hidden_comment_is_not_quoted(told, postwoman, moderator, signed_in):
    told.comments.get().hide(moderator, "Hors sujet")
    assert "Testé à Quimper" not in said(signed_in(postwoman).get("/nouvelles/"))


def test_lines_about_what_one_may_not_read_are_not_found(submit, postwoman, clerk, signed_in):
    hidden = submit(postwoman)
    event = hidden.events.get()
    assert signed_in(clerk).get(f"/nouvelles/{event.pk}/").status_code == 404
    assert signed_in(clerk).get("/nouvelles/999999/").status_code == 404


def test_a_withdrawn_idea_is_told_without_its_title(idea, postwoman, clerk, signed_in):
    Vote.cast(idea, clerk)
    idea.withdraw(postwoman)
    sweep()
    page = said(signed_in(clerk).get("/nouvelles/"))
    assert "Une idée que vous soutenez a été retirée par son auteur" in page
    assert idea.title not in page


def test_declined_authors_read_the_reason(idea, postwoman, moderator, signed_in):
    idea.decline(moderator, "La borne est déjà commandée.")
    sweep()
    assert "La borne est déjà commandée." in said(signed_in(postwoman).get("/nouvelles/"))


def test_a_word_for_the_authors_reaches_them_alone(
    published, postwoman, clerk, expert, moderator, signed_in
):
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    Vote.cast(source, expert)
    source.merge_into(head, moderator, "Vous dites la même chose.")
    sweep()
    for person, reads in [(postwoman, True), (clerk, True), (expert, False)]:
        page = said(signed_in(person).get("/nouvelles/"))
        assert ("Vous dites la même chose." in page) is reads


def test_backers_of_a_project_read_it_as_theirs(idea, clerk, moderator, signed_in):
    Vote.cast(idea, clerk)
    Event.record(idea.adopt(moderator), Event.Kind.PROJECT_PUBLISHED, data={"project": 999})
    sweep()
    client = signed_in(clerk)
    assert "Une idée que vous soutenez est devenue un projet." in said(client.get("/nouvelles/"))
    event = Event.objects.latest("pk")
    assert client.get(f"/nouvelles/{event.pk}/").url == f"/idees/{idea.pk}/"


def test_news_are_paginated_by_idea(published, postwoman, signed_in):
    for n in range(12):
        published(postwoman, f"Idée {n}")
    sweep()
    client = signed_in(postwoman)
    first, second = (client.get(f"/nouvelles/?page={n}") for n in (1, 2))
    titles = [g.idea.title for page in (first, second) for g in page.context["groups"]]
    assert titles == [f"Idée {n}" for n in reversed(range(12))]


def test_every_line_can_be_said(idea, postwoman, signed_in):
    """Each kind that is told has its words, for each reason for which it is told."""

    comment = idea.comments.create(author=postwoman, body="Mot", submission="x")
    for kind in TOLD:
        for because in Because:
            if (because == Because.ANSWERED) != (kind == Event.Kind.COMMENTED):
                continue
            event = Event(idea=idea, kind=kind, actor=postwoman, data={"comment": comment.pk})
            assert "%" not in News(event, because, True, comment).sentence


# --- What other pages show ----------------------------------------------------------------------


def test_home_shows_the_three_newest_unread(told, postwoman, clerk, expert, rf, say):
    say(told, clerk, "Le dernier mot")
    sweep()
    request = rf.get("/")
    request.user = postwoman
    html = Template("{% load community_tags %}{% my_news %}").render(Context({"request": request}))
    assert html.count("data-unread") == 3
    assert "Le dernier mot" in html
    assert html.count(f'class="news__about">{told.title}<') == 3
    request.user = expert
    html = Template("{% load community_tags %}{% my_news %}").render(Context({"request": request}))
    assert "Rien de neuf" in html


def test_the_count_costs_nothing_where_it_is_not_shown(told, postwoman, django_assert_num_queries):
    request = RequestFactory().get("/")
    request.user = postwoman
    # What all readers share is asked once per event: here.
    unread_count(request)["unread_count"]()
    with django_assert_num_queries(0):
        count = unread_count(request)["unread_count"]
    with django_assert_num_queries(1):
        assert count() == 3
    with django_assert_num_queries(0):
        assert count() == 3


def test_signed_out_people_have_no_news(db, django_assert_num_queries):

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with django_assert_num_queries(0):
        assert unread_count(request)["unread_count"]() == 0


def test_queries_do_not_grow_with_news(published, postwoman, clerk, signed_in, say):
    client = signed_in(postwoman)

    def queries() -> int:
        sweep()
        client.get("/nouvelles/")
        with CaptureQueriesContext(connection) as found:
            client.get("/nouvelles/")
        return len(found)

    say(published(postwoman, "Première"), clerk)
    few = queries()
    for n in range(8):
        say(published(postwoman, f"Idée {n}"), clerk)
        Comment.objects.update(at=timezone.now() - timedelta(minutes=5))
    assert queries() == few
