"""Words that mean the same: how they are kept, and how what is typed is taken apart."""

import random
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from search import synonyms
from search.synonyms import MOST_TERMS, Lexicon, Synonyms, expanded, lexicon, rules
from search.text import terms

POSTAL = [
    ["avis de passage", "avis d’instance", "carton d’avis"],
    ["avis", "notification"],
    ["PPDC", "plateforme de préparation et de distribution du courrier"],
    ["facteur", "factrice", "préposé"],
    ["recommandé", "lettre recommandée", "LRAR"],
]


@pytest.fixture
def keep(db):
    """A set as it is entered: `keep("PDC, centre de distribution")`."""
    return lambda words: Synonyms.objects.create(words=words)


def fault_of(words: str, pk: int | None = None) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        Synonyms(pk=pk, words=words).full_clean()
    assert set(refused.value.error_dict) == {"words"}
    return [str(code.code) for code in refused.value.error_dict["words"]]


# --- Taking apart what was typed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "groups"),
    [
        ("", []),
        ("pour les", []),
        ("banc", [("banc",)]),
        ("Factrices", [("Factrices", "facteur", "préposé")]),
        ("lrar perdu", [("lrar", "lettre recommandée", "recommandé"), ("perdu",)]),
        ("un avis, vite", [("avis", "notification"), ("vite",)]),
        (
            "déposer l’avis de passage",
            [("déposer",), ("l’avis de passage", "avis d’instance", "carton d’avis")],
        ),
        ("AVIS PASSAGE", [("AVIS PASSAGE", "avis d’instance", "carton d’avis")]),
        (
            "plate-forme de distribution",
            [("plate",), ("forme",), ("distribution",)],
        ),
        (
            "Plateformes de preparation et distribution du courrier",
            [("Plateformes de preparation et distribution du courrier", "PPDC")],
        ),
    ],
)
def test_what_is_typed_is_taken_apart(typed, groups):
    assert Lexicon.of(POSTAL).expanded(typed) == groups


def test_a_word_that_two_sets_hold_means_what_both_say():
    """Two administrators may have saved at once: no set is passed over then."""
    lexicon = Lexicon.of([["bal", "boîte aux lettres"], ["BAL", "fête"]])
    assert lexicon.expanded("bal") == [("bal", "boîte aux lettres", "fête")]
    assert lexicon.expanded("fête") == [("fête", "BAL")]


def test_one_spelling_of_a_word_is_enough():
    lexicon = Lexicon.of([["vélo", "vélos", "bicyclette", "bicyclettes"]])
    assert lexicon.expanded("VÉLO") == [("VÉLO", "bicyclette")]


WORDS = """
    avis passage de d' l’avis carton instance PPDC plateforme préparation courrier facteur
    factrices préposé lettre recommandée LRAR recommandé banc vélo rendez'vous aujourd'hui
    et la - , « » 2026 É œuvre
"""
words = st.sampled_from(WORDS.split())
typed_text = st.one_of(st.lists(words, max_size=12).map(" ".join), st.text(max_size=60))
term = st.lists(words, min_size=1, max_size=3).map(" ".join)
sets = st.lists(st.lists(term, min_size=2, max_size=5), max_size=6)


@given(sets=sets, typed=typed_text)
def test_no_typed_word_is_lost_or_doubled(sets, typed):
    firsts = [group[0] for group in Lexicon.of(sets).expanded(typed)]
    assert terms(" ".join(firsts)) == terms(typed)
    assert all(first in typed for first in firsts)


@given(sets=sets, typed=typed_text)
def test_what_was_taken_apart_once_stays_as_it_is(sets, typed):
    lexicon = Lexicon.of(sets)
    groups = lexicon.expanded(typed)
    assert lexicon.expanded(" ".join(group[0] for group in groups)) == groups


@given(sets=sets, typed=typed_text, seed=st.integers())
def test_the_order_of_sets_and_of_their_terms_changes_nothing(sets, typed, seed):
    rng = random.Random(seed)
    mixed = [rng.sample(each, len(each)) for each in sets]
    rng.shuffle(mixed)
    assert Lexicon.of(mixed).expanded(typed) == Lexicon.of(sets).expanded(typed)


@given(sets=sets, typed=typed_text)
def test_each_way_to_say_it_differs_and_leads_back(sets, typed):
    lexicon = Lexicon.of(sets)
    for first, *others in lexicon.expanded(typed):
        stems = [tuple(terms(way)) for way in (first, *others)]
        assert len(set(stems)) == len(stems)
        assert all(stems)
        for other in others:
            back = lexicon.ways[tuple(terms(other))]
            assert tuple(terms(first)) in {tuple(terms(way)) for way in back}


# --- What can be entered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "PDC, centre de distribution",
        "PDC\r\ncentre de distribution\r\n",
        "CN22; déclaration en douane",
        "n’habite pas à l’adresse indiquée, NPAI",
        "haut-le-pied, HLP",
    ],
)
def test_terms_stand_on_lines_or_between_commas(db, words):
    Synonyms(words=words).full_clean()


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("", ["blank"]),
        ("facteur", ["alone"]),
        ("événement, evenement, ÉVÈNEMENTS", ["alone"]),
        ("pour les, facteur", ["empty"]),
        ("facteur => factrice, préposé", ["sign"]),
        ("a\\b, facteur", ["sign"]),
        ("#facteur, factrice", ["sign"]),
        (f"facteur, {'x' * 61}", ["long"]),
        ("facteur, un deux trois quatre cinq six sept huit neuf dix", ["words"]),
        (",".join(f"mot{n}" for n in range(MOST_TERMS + 1)), ["many"]),
        ("pour, #x", ["empty", "sign"]),
    ],
)
def test_what_makes_no_set_is_refused_beside_the_field(db, words, codes):
    assert fault_of(words) == codes


def test_a_term_stands_in_one_set_only(keep):
    known = keep("facteur, factrice")
    assert fault_of("Factrices, préposé") == ["shared"]
    known.full_clean()
    with pytest.raises(ValidationError, match="facteur, factrice"):
        Synonyms(words="FACTEURS, préposé").full_clean()


def test_they_are_stored_as_entered(keep):
    keep("LRAR,  Lettre   recommandée\nR1")
    row = Synonyms.objects.get()
    assert row.words == "LRAR,  Lettre   recommandée\nR1"
    assert str(row) == "LRAR, Lettre recommandée, R1"


# --- The usual sets ---------------------------------------------------------------------------


def usual_lines() -> list[str]:
    lines = synonyms.USUAL.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_usual_sets_are_all_valid(db):
    call_command("load_synonyms", stdout=StringIO())
    assert Synonyms.objects.count() == len(usual_lines()) >= 40
    for row in Synonyms.objects.all():
        row.full_clean()


def test_loaded_twice_nothing_is_doubled_and_edits_stay(keep):
    own = keep("facteur, porteur de plis")
    added = Synonyms.objects.load_usual()
    assert added == len(usual_lines()) - 1
    assert Synonyms.objects.load_usual() == 0
    own.refresh_from_db()
    assert own.words == "facteur, porteur de plis"


# --- What engines and processes are told -------------------------------------------------------


def test_rules_are_in_solrs_format(keep):
    keep("PDC\ncentre de distribution")
    keep("facteur; factrice")
    assert rules() == ["PDC, centre de distribution", "facteur, factrice"]


def test_every_usual_rule_is_one_line_of_plain_terms(db):
    Synonyms.objects.load_usual()
    for rule in rules():
        assert not set("\n\\;#") & set(rule)
        assert "=>" not in rule


def test_an_edit_applies_once_it_is_committed(keep, django_capture_on_commit_callbacks):
    assert expanded("facteur") == [("facteur",)]
    with django_capture_on_commit_callbacks(execute=True):
        row = keep("facteur, factrice")
        assert expanded("facteur") == [("facteur",)]
    assert expanded("facteur") == [("facteur", "factrice")]
    with django_capture_on_commit_callbacks(execute=True):
        row.words = "facteur, préposé"
        row.save()
    assert expanded("facteur") == [("facteur", "préposé")]
    with django_capture_on_commit_callbacks(execute=True):
        row.delete()
    assert expanded("facteur") == [("facteur",)]


def test_another_process_sees_it_by_the_version(keep, monkeypatch):
    """What this process was not told of, it reads when the shared version is another one."""
    assert expanded("facteur") == [("facteur",)]
    keep("facteur, factrice")
    monkeypatch.setattr(synonyms, "SECONDS_TRUSTED", 0)
    assert expanded("facteur") == [("facteur",)]
    cache.set(synonyms.VERSION, "another")
    assert expanded("facteur") == [("facteur", "factrice")]


def test_without_a_shared_cache_it_is_seen_when_the_sets_are_read_again(keep, monkeypatch):
    assert expanded("facteur") == [("facteur",)]
    keep("facteur, factrice")
    for seconds in ("SECONDS_TRUSTED", "SECONDS_KEPT"):
        monkeypatch.setattr(synonyms, seconds, 0)
    assert expanded("facteur") == [("facteur", "factrice")]


def test_searching_goes_on_without_the_cache(keep, monkeypatch, caplog):
    keep("facteur, factrice")

    def gone(*_arguments):
        raise ConnectionError("Redis is gone")

    monkeypatch.setattr(synonyms.cache, "get", gone)
    assert expanded("facteur") == [("facteur", "factrice")]
    assert "not known" in caplog.text


def test_it_is_read_once(keep, django_assert_num_queries):
    keep("facteur, factrice")
    with django_assert_num_queries(1):
        lexicon()
    with django_assert_num_queries(0):
        expanded("facteur"), expanded("avis de passage")


def test_listeners_are_told_after_the_commit_and_cannot_spoil_it(
    keep, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    heard = []

    def fails() -> None:
        raise RuntimeError("Elasticsearch is away")

    monkeypatch.setattr(synonyms, "changed", [fails, lambda: heard.append(rules())])
    with django_capture_on_commit_callbacks(execute=True):
        keep("facteur, factrice")
        assert heard == []
    assert heard == [["facteur, factrice"]]
    assert "could not be told" in caplog.text


# --- Administration ---------------------------------------------------------------------------


LIST = "wagtailsnippets_search_synonyms:list"
ADD = "wagtailsnippets_search_synonyms:add"


def test_administrators_of_search_edit_them_in_the_administration(administrator, signed_in, db):
    client = signed_in(administrator)
    response = client.post(reverse(ADD), {"words": "facteur, factrice"})
    assert response.status_code == 302
    row = Synonyms.objects.get()
    page = client.get(reverse(LIST)).content.decode()
    assert "facteur, factrice" in page
    edit = reverse("wagtailsnippets_search_synonyms:edit", args=[row.pk])
    assert client.post(edit, {"words": "facteur, préposé"}).status_code == 302
    row.refresh_from_db()
    assert row.words == "facteur, préposé"
    delete = reverse("wagtailsnippets_search_synonyms:delete", args=[row.pk])
    assert client.post(delete).status_code == 302
    assert not Synonyms.objects.exists()


def test_a_fault_is_shown_beside_the_field_and_nothing_typed_is_lost(
    administrator, signed_in, keep
):
    keep("facteur, factrice")
    page = signed_in(administrator).post(reverse(ADD), {"words": "Facteurs, préposé"})
    text = page.content.decode()
    assert "est déjà dans un autre groupe" in text
    assert "Facteurs, préposé" in text


@pytest.mark.parametrize("role", ["moderator", "manager", "project_lead", "postwoman"])
@pytest.mark.parametrize("name", ["list", "add"])
def test_nobody_else_may(request, role, name, signed_in):
    client = signed_in(request.getfixturevalue(role))
    response = client.get(reverse(f"wagtailsnippets_search_synonyms:{name}"))
    assert response.status_code in {302, 403}
    assert not response.get("Location", "").startswith("/administration/snippets/search")


def test_the_permission_alone_decides(project_lead, signed_in):
    """Who may enter the administration and is given the one permission may do it all."""
    project_lead.user_permissions.add(Permission.objects.get(codename="administer_search"))
    assert signed_in(project_lead).get(reverse(ADD)).status_code == 200
