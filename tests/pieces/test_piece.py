"""A piece of a page: rendered from plain values alone, with holes for what is the reader's."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import SafeString
from django.utils.translation import override

import pieces
from pieces import piece

BAR = "components/bottom_bar.html"
ASKED = {"can_back": True, "voted": False, "wide": False, "few": 2}
HOLES = ("csrf_token", "url", "number", "title")
VOTE = "components/vote.html"
ICON = "components/icon.html"
OWN = {"csrf_token": "token", "url": "/vers/", "number": "12", "title": "Un banc"}


def in_template(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def recorded(monkeypatch, *but):
    """The names of the templates that are rendered from now on."""
    names = []
    real = pieces.render_to_string

    def render(name, context):
        if name not in but:
            names.append(name)
        return real(name, context)

    monkeypatch.setattr(pieces, "render_to_string", render)
    return names


@pytest.fixture
def rendered(monkeypatch):
    """Those of the pieces, but for the icons in them."""
    return recorded(monkeypatch, ICON)


def test_it_is_rendered_once_for_the_same_values(rendered):
    piece(VOTE, ASKED, HOLES)
    piece(VOTE, ASKED, HOLES)
    piece(VOTE, {**ASKED, "voted": True}, HOLES)
    assert rendered == [VOTE, VOTE]


def test_a_text_that_is_safe_is_no_other_text_that_reads_the_same(rendered):
    title = "<b>Accueil</b>"
    safe, plain = (
        piece(BAR, {"here": text, "moderates": False}) for text in (SafeString(title), title)
    )
    assert len(rendered) == 2
    assert safe is not plain


def test_while_templates_are_edited_nothing_is_kept(rendered, settings):
    settings.DEBUG = True
    piece(BAR, {"here": "home", "moderates": False})
    piece(BAR, {"here": "home", "moderates": False})
    assert rendered == [BAR, BAR]


def test_each_language_has_its_own():
    with override("fr"):
        french = piece(BAR, {"here": "home", "moderates": False}).filled({})
    with override("en"):
        english = piece(BAR, {"here": "home", "moderates": False}).filled({})
    assert "Accueil" in french
    assert "Home" in english


def test_what_is_the_readers_is_put_into_the_holes_each_time():
    made = piece(VOTE, ASKED, HOLES)
    first, other = made.filled(OWN), made.filled({**OWN, "csrf_token": "another", "number": "13"})
    assert 'value="token"' in first
    assert 'value="another"' in other
    assert ">13<" in other
    assert "token" not in other.replace("csrfmiddlewaretoken", "")


def test_what_is_put_into_a_hole_is_escaped():
    html = piece(VOTE, ASKED, HOLES).filled({**OWN, "title": '"><script>'})
    assert "<script>" not in html
    assert "&quot;&gt;&lt;script&gt;" in html


@pytest.mark.django_db
def test_a_person_cannot_be_what_a_piece_is_made_of(postwoman):
    with pytest.raises(TypeError, match="here is no plain value"):
        piece(BAR, {"here": postwoman, "moderates": False})


def test_a_piece_sees_nothing_of_the_page_around_it():
    html = in_template(
        '{% piece "components/bell.html" with unread=0 %}', user="Awa", unread_count=7, unread=8
    )
    assert "7" not in html
    assert "8" not in html


def test_a_piece_can_be_kept_for_another():
    source = '{% piece "components/bell.html" with unread=n as bell %}[{{ bell }}]'
    assert in_template(source, n=100).startswith("[<a")
    assert "99+" in in_template(source, n=100)


@pytest.mark.parametrize("wrong", ["{% piece %}", '{% piece "a" as %}', '{% piece "a" b %}'])
def test_a_misspelt_tag_is_refused(wrong):
    with pytest.raises(TemplateSyntaxError):
        in_template(wrong)


def test_an_icon_is_rendered_once_for_its_name_and_kind(monkeypatch):
    names = recorded(monkeypatch)
    html = in_template('{% icon "plus" %}{% icon "plus" %}{% icon name "icon--s" %}', name="vote")
    assert names == [ICON, ICON]
    assert html.count("#plus") == 2
    assert 'class="icon icon--s"' in html
    assert "#vote" in html
