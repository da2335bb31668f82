"""Writing, answering, changing, removing and hiding comments in the browser."""

from uuid import uuid4

import pytest

from community.models import Comment
from community.models.comment import LONGEST, MOST_PER_MINUTE
from ideas.models import Idea

HTMX = {"HTTP_HX_REQUEST": "true"}


def url(idea: Idea) -> str:
    return f"/idees/{idea.pk}/commentaires/"


def said(response) -> str:
    return response.content.decode()


# --- Writing ------------------------------------------------------------------------------------


def test_without_javascript_the_person_lands_on_their_comment(idea, clerk, signed_in):
    response = signed_in(clerk).post(url(idea), {"body": "Testé chez nous.", "key": uuid4()})
    comment = Comment.objects.get()
    assert response.status_code == 302
    assert response.url == f"/idees/{idea.pk}/#comment-{comment.pk}"
    page = said(signed_in(clerk).get(response.url))
    assert f'id="comment-{comment.pk}"' in page
    assert "Testé chez nous." in page
    assert "1 commentaire<" in page


def test_with_htmx_the_comment_its_count_and_an_empty_form_come_back(idea, clerk, signed_in):
    response = signed_in(clerk).post(url(idea), {"body": "Testé.", "key": uuid4()}, **HTMX)
    page = said(response)
    assert response.status_code == 200
    assert "<html" not in page
    assert 'hx-swap-oob="beforeend:#comment-list"' in page
    assert "1 commentaire</h2>" in page
    assert 'tabindex="-1" autofocus' in page
    assert "vous la suivez" in page
    assert ">\nTestés.</textarea>" not in page


def test_an_empty_comment_is_answered_beside_the_field(idea, clerk, signed_in):
    response = signed_in(clerk).post(url(idea), {"body": "  "}, **HTMX)
    assert response.status_code == 422
    assert "Écrivez d’abord quelques mots." in said(response)
    assert 'aria-invalid="true"' in said(response)


@pytest.mark.parametrize("length", [LONGEST + 1, 200_000])
def test_a_text_too_long_is_refused_and_kept(idea, clerk, signed_in, length):
    body = "é" * length
    for extra, status in ((HTMX, 422), ({}, 200)):
        response = signed_in(clerk).post(url(idea), {"body": body}, **extra)
        assert response.status_code == status
        assert body in said(response)
    assert not Comment.objects.exists()


def test_a_refusal_of_the_rules_keeps_text_and_key(idea, clerk, signed_in, say):
    for _ in range(MOST_PER_MINUTE):
        say(idea, clerk)
    key = uuid4()
    response = signed_in(clerk).post(url(idea), {"body": "Encore un mot", "key": key}, **HTMX)
    assert response.status_code == 422
    assert "Encore un mot</textarea>" in said(response)
    assert str(key) in said(response)
    assert "beaucoup écrit" in said(response)


def test_a_double_click_makes_one_comment(idea, clerk, signed_in):
    form = {"body": "Testé.", "key": uuid4()}
    client = signed_in(clerk)
    assert client.post(url(idea), form).url == client.post(url(idea), form).url
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("key", ["", "not-a-key", "é" * 300])
def test_a_bad_key_is_no_obstacle(idea, clerk, signed_in, key):
    assert signed_in(clerk).post(url(idea), {"body": "Testé.", "key": key}).status_code == 302


def test_html_is_shown_as_typed(idea, clerk, signed_in):
    client = signed_in(clerk)
    client.post(url(idea), {"body": "<script>alert(1)</script>"})
    assert "&lt;script&gt;alert(1)" in said(client.get(idea.get_absolute_url()))


def test_unpublished_ideas_exist_for_nobody_else(submit, postwoman, clerk, signed_in):
    hidden = submit(postwoman)
    assert signed_in(clerk).get(url(hidden)).status_code == 404
    assert signed_in(clerk).post(url(hidden), {"body": "?"}).status_code == 404


def test_a_closed_idea_says_so(idea, clerk, moderator, signed_in):
    idea.decline(moderator, "Déjà en cours.")
    response = signed_in(clerk).post(url(idea), {"body": "Dommage"}, **HTMX)
    assert response.status_code == 422
    assert "close" in said(response)
    assert "Dommage" in said(response)


@pytest.mark.parametrize("path", ["/idees/999999/commentaires/", "/commentaires/999999/modifier/"])
def test_what_does_not_exist_is_not_found(clerk, signed_in, path):
    assert signed_in(clerk).get(path).status_code == 404


@pytest.mark.parametrize("name", ["commentaires", "suivre"])
def test_signed_out_people_are_asked_to_sign_in(idea, client, name):
    response = client.post(f"/idees/{idea.pk}/{name}/", {"body": "?"})
    assert response.status_code == 401
    assert "/compte/login/" in response.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "/idees/{idea}/commentaires/"),
        ("get", "/idees/{idea}/suivre/"),
        ("get", "/commentaires/{comment}/supprimer/"),
        ("post", "/commentaires/{comment}/"),
        ("post", "/commentaires/{comment}/repondre/"),
        ("post", "/commentaires/{comment}/reponses/"),
        ("put", "/commentaires/{comment}/modifier/"),
        ("get", "/nouvelles/lues/"),
        ("post", "/nouvelles/"),
    ],
)
def test_wrong_methods_are_refused(idea, clerk, signed_in, say, method, path):
    path = path.format(idea=idea.pk, comment=say(idea, clerk).pk)
    assert getattr(signed_in(clerk), method)(path).status_code == 405


# --- Answering ----------------------------------------------------------------------------------


def test_an_answer_comes_back_under_what_it_answers(idea, clerk, expert, signed_in, say):
    top = say(idea, clerk, "Première")
    client = signed_in(expert)
    form = said(client.get(f"/commentaires/{top.pk}/repondre/", **HTMX))
    assert f'name="reply_to" value="{top.pk}"' in form
    response = client.post(url(idea), {"body": "Seconde", "reply_to": top.pk}, **HTMX)
    page = said(response)
    assert page.index("Première") < page.index("Seconde")
    assert "2 commentaires</h2>" in page
    assert Comment.objects.get(body="Seconde").reply_to == top


def test_answering_works_without_javascript(idea, clerk, expert, signed_in, say):
    top = say(idea, clerk, "Première")
    client = signed_in(expert)
    page = said(client.get(f"/commentaires/{top.pk}/repondre/"))
    assert "<html" in page
    assert "<form" in page
    response = client.post(url(idea), {"body": "Seconde", "reply_to": top.pk})
    assert response.status_code == 302


@pytest.mark.parametrize("top", ["", "x", "999999", "9" * 40])
def test_a_bad_answer_is_not_found(idea, clerk, signed_in, top):
    response = signed_in(clerk).post(url(idea), {"body": "?", "reply_to": top})
    assert response.status_code == 404


def test_an_empty_answer_keeps_the_form_open(idea, clerk, expert, signed_in, say):
    top = say(idea, clerk, "Première")
    response = signed_in(expert).post(url(idea), {"body": "", "reply_to": top.pk}, **HTMX)
    assert response.status_code == 422
    assert "Première" in said(response)
    assert "Écrivez d’abord" in said(response)


# --- One's own ----------------------------------------------------------------------------------


def test_people_edit_their_own_comment(idea, clerk, signed_in, say):
    comment = say(idea, clerk, "Fote")
    client = signed_in(clerk)
    path = f"/commentaires/{comment.pk}/modifier/"
    assert "Fote</textarea>" in said(client.get(path, **HTMX))
    page = said(client.post(path, {"body": "Faute"}, **HTMX))
    assert "Faute" in page
    assert "modifié" in page
    assert client.post(path, {"body": "Encore mieux"}).status_code == 302
    comment.refresh_from_db()
    assert comment.body == "Encore mieux"


def test_a_bad_edit_keeps_what_was_typed(idea, clerk, signed_in, say):
    comment = say(idea, clerk, "Court")
    body = "x" * (LONGEST + 1)
    response = signed_in(clerk).post(
        f"/commentaires/{comment.pk}/modifier/", {"body": body}, **HTMX
    )
    assert response.status_code == 422
    assert body in said(response)


def test_nobody_edits_the_words_of_others(idea, clerk, expert, signed_in, say):
    comment = say(idea, clerk)
    client = signed_in(expert)
    assert "<textarea" not in said(client.get(f"/commentaires/{comment.pk}/modifier/", **HTMX))
    for name in ("modifier", "supprimer"):
        path = f"/commentaires/{comment.pk}/{name}/"
        assert client.post(path, {"body": "Faux"}).status_code == 403


def test_removing_offers_to_take_it_back(idea, clerk, expert, signed_in, say):
    comment = say(idea, clerk, "Regrettable")
    client = signed_in(clerk)
    path = f"/commentaires/{comment.pk}/supprimer/"
    page = said(client.post(path, {"action": "remove"}, **HTMX))
    assert "Vous avez supprimé ce commentaire." in page
    assert "Rétablir" in page
    assert "Regrettable" not in said(signed_in(expert).get(idea.get_absolute_url()))
    assert client.post(path, {"action": "restore"}).status_code == 302
    assert "Regrettable" in said(signed_in(expert).get(idea.get_absolute_url()))
    assert client.post(path, {"action": "explode"}).status_code == 400


def test_a_removed_comment_that_was_answered_leaves_its_place(idea, clerk, expert, signed_in, say):
    top = say(idea, clerk, "Regrettable")
    say(idea, expert, "Pas d’accord", reply_to=top)
    top.remove(clerk)
    page = said(signed_in(expert).get(idea.get_absolute_url()))
    assert "Pas d’accord" in page
    assert "supprimé par la personne" in page
    assert "Regrettable" not in page


# --- Moderators ---------------------------------------------------------------------------------


def test_moderators_hide_and_show(idea, clerk, expert, moderator, signed_in, say):
    comment = say(idea, clerk, "Le chef est un âne")
    client = signed_in(moderator)
    path = f"/commentaires/{comment.pk}/masquer/"
    assert "<textarea" in said(client.get(path))
    assert client.post(path, {"reason": ""}, **HTMX).status_code == 422
    assert client.post(path, {"reason": "Insulte"}).status_code == 302
    for reader, reads in ((expert, False), (clerk, True), (moderator, True)):
        page = said(signed_in(reader).get(url(idea)))
        assert "masqué par la modération" in page
        assert ("Le chef est un âne" in page) is reads
        assert ("Insulte" in page) is reads
    page = said(client.post(path, {"action": "show"}, **HTMX))
    assert "1 commentaire</h2>" in page


def test_only_moderators_hide(idea, clerk, expert, signed_in, say):
    path = f"/commentaires/{say(idea, clerk).pk}/masquer/"
    assert signed_in(expert).get(path).status_code == 403
    assert signed_in(expert).post(path, {"reason": "Bof"}).status_code == 403


# --- The author of an anonymous idea ------------------------------------------------------------


def test_the_hidden_author_is_asked_how_to_appear(secret, postwoman, clerk, signed_in):
    assert "sans votre nom" in said(signed_in(postwoman).get(secret.get_absolute_url()))
    assert "sans votre nom" not in said(signed_in(clerk).get(secret.get_absolute_url()))


def test_the_hidden_author_never_shows_their_name_by_mistake(secret, postwoman, signed_in):
    client = signed_in(postwoman)
    response = client.post(url(secret), {"body": "Je précise"}, **HTMX)
    assert response.status_code == 422
    assert not Comment.objects.exists()
    client.post(url(secret), {"body": "Je précise", "voice": "author"})
    page = said(client.get(secret.get_absolute_url()))
    thread = page[page.index('id="comment-list"') :]
    assert "L’auteur de l’idée" in thread
    assert "Le Goff" not in thread


def test_the_hidden_author_may_still_speak_under_their_name(secret, postwoman, signed_in):
    signed_in(postwoman).post(url(secret), {"body": "D’accord", "voice": "name"})
    comment = Comment.objects.get()
    assert comment.author == postwoman
    assert not comment.as_author


def test_nobody_borrows_the_voice_of_the_author(secret, clerk, signed_in):
    signed_in(clerk).post(url(secret), {"body": "Moi", "voice": "author"})
    assert Comment.objects.get().author == clerk


def test_the_hidden_author_edits_and_removes_in_their_own_session(
    secret, postwoman, clerk, moderator, signed_in, say
):
    comment = say(secret, postwoman, "Je précise", as_author=True)
    for other in (clerk, moderator):
        response = signed_in(other).post(f"/commentaires/{comment.pk}/supprimer/")
        assert response.status_code == 403
    page = said(signed_in(postwoman).post(f"/commentaires/{comment.pk}/supprimer/", **HTMX))
    assert "Rétablir" in page
    assert "Vous avez supprimé" in said(signed_in(postwoman).get(secret.get_absolute_url()))
