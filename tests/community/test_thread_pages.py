"""The thread as its readers see it, and following it."""

import pytest

from community.models import Comment, Follow
from ideas.models import Idea, Vote

HTMX = {"HTTP_HX_REQUEST": "true"}


def url(idea: Idea) -> str:
    return f"/idees/{idea.pk}/commentaires/"


def said(response) -> str:
    return response.content.decode()


# --- Reading ------------------------------------------------------------------------------------


def test_earlier_comments_are_one_click_away(idea, clerk, expert, signed_in, bulk):
    bulk(idea, clerk, 45)
    client = signed_in(expert)
    page = said(client.get(idea.get_absolute_url()))
    assert "Mot 45." in page
    assert "Mot 26." in page
    assert "Mot 25." not in page
    assert "Afficher les 25 commentaires précédents" in page
    first = Comment.objects.get(body="Mot 26.")
    part = said(client.get(f"{url(idea)}?before={first.pk}", **HTMX))
    assert "<html" not in part
    assert "Mot 25." in part
    assert "Mot 6." in part
    assert "Mot 5." not in part
    plain = said(client.get(f"{url(idea)}?before={first.pk}"))
    assert "<html" in plain
    assert "Commentaires suivants" in plain


@pytest.mark.parametrize("query", ["before=x", "before=999999", "upto=-1", "before=" + "9" * 40])
def test_a_bad_place_is_not_found(idea, clerk, signed_in, query):
    assert signed_in(clerk).get(f"{url(idea)}?{query}").status_code == 404


def test_the_address_of_an_old_comment_leads_to_it(idea, clerk, signed_in, bulk):
    comments = bulk(idea, clerk, 45)
    client = signed_in(clerk)
    latest, old = comments[-1], comments[3]
    assert client.get(f"/commentaires/{latest.pk}/").url.startswith(f"/idees/{idea.pk}/#")
    there = client.get(f"/commentaires/{old.pk}/").url
    assert f'id="comment-{old.pk}"' in said(client.get(there))


def test_many_answers_are_shown_in_part(idea, clerk, expert, signed_in, say, bulk):
    top = say(idea, clerk, "Question")
    answers = bulk(idea, expert, 35, reply_to=top)
    client = signed_in(clerk)
    page = said(client.get(idea.get_absolute_url()))
    assert "Afficher les 25 réponses précédentes" in page
    part = said(client.get(f"/commentaires/{top.pk}/reponses/?before={answers[25].pk}", **HTMX))
    assert "Mot 25." in part
    assert "Mot 26." not in part
    there = client.get(f"/commentaires/{answers[0].pk}/").url
    assert f'id="comment-{answers[0].pk}"' in said(client.get(there))


def test_a_merged_thread_says_what_was_said_where(
    published, postwoman, clerk, expert, moderator, signed_in, say
):
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    say(head, expert, "Sur la borne")
    say(source, expert, "Sur les tickets")
    source.merge_into(head, moderator)
    say(head, expert, "Sur les deux")
    page = said(signed_in(expert).get(head.get_absolute_url()))
    divider = f"À propos de {source.reference}"
    order = [divider, "Sur les tickets", "À propos de cette idée", "Sur la borne", "Sur les deux"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert "3 commentaires</h2>" in page


def test_a_group_without_merged_comments_has_no_dividers(merged, expert, signed_in, say):
    _source, head = merged
    say(head, expert)
    page = said(signed_in(expert).get(head.get_absolute_url()))
    assert "comments__divider" not in page


def test_what_is_posted_to_a_merged_idea_reaches_its_head(merged, expert, signed_in):
    source, head = merged
    response = signed_in(expert).post(url(source), {"body": "Vu l’ancienne adresse"})
    assert response.url.startswith(f"/idees/{head.pk}/#")
    assert Comment.objects.get().idea == head


@pytest.mark.parametrize("joined", [False, True])
def test_queries_do_not_grow_with_comments(
    idea, merged, clerk, expert, signed_in, say, bulk, joined, django_assert_num_queries
):
    head = merged[1] if joined else idea
    if joined:
        Comment.objects.create(idea=merged[0], author=expert, body="Ailleurs", submission="x")
        Idea.objects.filter(pk=merged[0].pk).update(own_comments=1)
    client = signed_in(expert)

    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            client.get(url(head))
            client.get(head.get_absolute_url())
        return len(found)

    tops = bulk(head, clerk, 4)
    bulk(head, clerk, 1, reply_to=tops[0])
    client.get(head.get_absolute_url())
    few = queries()
    bulk(head, clerk, 15, reply_to=tops[1])
    bulk(head, clerk, 5)
    assert queries() == few
    bulk(head, clerk, 25)
    assert queries() == few


# --- Following ----------------------------------------------------------------------------------


def follow(client, idea, wanted, **extra):
    return client.post(f"/idees/{idea.pk}/suivre/", {"follow": wanted}, **extra)


def test_following_and_no_longer(idea, clerk, signed_in):
    client = signed_in(clerk)
    page = said(follow(client, idea, "1", **HTMX))
    assert "Ne plus suivre" in page
    assert "<html" not in page
    assert Follow.objects.get().wanted
    assert follow(client, idea, "0").url == f"/idees/{idea.pk}/#follow"
    assert not Follow.objects.get().wanted
    assert "Vous ne recevez plus de nouvelles de cette idée" in said(
        client.get(idea.get_absolute_url())
    )


def test_the_page_says_why_one_is_told(idea, postwoman, clerk, expert, manager, signed_in, say):
    Vote.cast(idea, clerk)
    say(idea, expert)
    words = {
        postwoman: "C’est votre idée",
        clerk: "Vous la soutenez, donc vous saurez",
        expert: "Vous l’avez commentée, donc vous la suivez",
        manager: "La soutenir, c’est aussi savoir",
    }
    for person, why in words.items():
        assert why in said(signed_in(person).get(idea.get_absolute_url()))


def test_authors_need_not_follow_their_idea(idea, postwoman, signed_in):
    response = follow(signed_in(postwoman), idea, "1", **HTMX)
    assert response.status_code == 422
    assert not Follow.objects.exists()


def test_a_divider_is_not_repeated_where_pages_join(merged, clerk, expert, signed_in, bulk):
    source, head = merged
    bulk(source, clerk, 3)
    comments = bulk(head, clerk, 25)
    Idea.objects.filter(pk=source.pk).update(own_comments=3)
    client = signed_in(expert)
    page = said(client.get(head.get_absolute_url()))
    first = comments[5]
    assert f'id="divider-{first.pk}"' in page
    part = said(client.get(f"{url(head)}?before={first.pk}", **HTMX))
    assert f'<li id="divider-{first.pk}" hx-swap-oob="delete">' in part
    assert part.count("comments__divider") == 2
    at_edge = said(client.get(f"{url(head)}?before={comments[0].pk}", **HTMX))
    assert "hx-swap-oob" not in at_edge
