"""What people type into the search box, taken apart."""

import pytest

from search.operators import MOST, exactly, plain, separated


def asked(text):
    rest, operators = separated(text)
    return rest, [(one.about, one.value) for one in operators]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("theme:x", "theme"),
        ("thème:x", "theme"),
        ("THÈME:x", "theme"),
        ("état:x", "state"),
        ("etat:x", "state"),
        ("statut:x", "state"),
        ("state:x", "state"),
        ("région:x", "region"),
        ("moment:x", "moment"),
        ("canal:x", "channel"),
        ("channel:x", "channel"),
        ("campagne:x", "campaign"),
        ("campaign:x", "campaign"),
        ("métier:x", "profession"),
        ("profession:x", "profession"),
        ("auteur:x", "author"),
        ("autrice:x", "author"),
        ("Author:x", "author"),
    ],
)
def test_operators_have_french_and_english_names(text, about):
    assert asked(text) == ("", [(about, "x")])


@pytest.mark.parametrize("quotes", ['""', "“”", "«»", '"', "“"])
def test_a_value_of_several_words_is_quoted(quotes):
    text = f"theme:{quotes[0]}conditions de travail{quotes[1:]}"
    assert asked(text) == ("", [("theme", "conditions de travail")])


def test_the_rest_is_searched_as_before():
    rest, operators = separated('borne thème:colis "à tickets" -vélo région:"pays basque"')
    assert rest == 'borne "à tickets" -vélo'
    assert [one.typed for one in operators] == ["thème:colis", 'région:"pays basque"']


def test_an_open_quotation_mark_is_closed_where_it_is_kept():
    _rest, (operator,) = separated('borne theme:"conditions de')
    assert operator.typed == 'theme:"conditions de"'


def test_a_minus_leaves_out():
    _rest, operators = separated("-état:refusé theme:colis")
    assert [one.unwanted for one in operators] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "theme:",
        'theme:""',
        "theme: colis",
        "mon thème : colis",
        "https://example.org",
        '"theme:colis"',
        '"un theme:colis bleu"',
        "montheme:colis",
        "12:30",
        ":colis",
        "theme:-",
    ],
)
def test_what_is_no_operator_stays_text(text):
    assert asked(text) == (text, [])


def test_nobody_types_a_page_of_operators():
    _rest, operators = separated("theme:colis " * 10_000)
    assert len(operators) == MOST


def test_what_was_typed_exactly_has_each_word_in_quotes():
    assert exactly('borne "à tickets" -vélo') == '"borne" "à tickets" -"vélo"'


def test_a_title_is_made_without_signs():
    assert plain('"borne" "à tickets" -vélo') == "borne à tickets"
