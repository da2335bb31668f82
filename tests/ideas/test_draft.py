from uuid import uuid4

import pytest
from django.urls import reverse

from ideas.models import Draft

SUBMIT = reverse("ideas:submit")


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


@pytest.fixture
def bruno(clerk, signed_in):
    return signed_in(clerk)


@pytest.fixture
def draft(postwoman):
    key = uuid4()
    Draft.keep(postwoman, key, 1, {"title": "Un banc", "body": "Devant le guichet."})
    return Draft.objects.get(key=key)


def url(draft, name="draft"):
    return reverse(f"ideas:{name}", args=[draft.key])


def test_a_draft_saves_itself_and_says_when(awa, typed):
    data = typed(seq="5")
    answer = awa.post(reverse("ideas:draft", args=[data["key"]]), data)
    assert answer.json()["seq"] == 5
    assert answer.json()["saved_at"]
    assert Draft.objects.get().typed["title"] == data["title"]


def test_a_save_that_comes_late_does_not_undo_a_later_one(awa, draft):
    awa.post(url(draft), {"title": "Un banc et deux chaises", "seq": "7"})
    answer = awa.post(url(draft), {"title": "Un ban", "seq": "6"})
    assert answer.status_code == 409
    assert answer.json()["seq"] == 7
    assert Draft.objects.get().typed["title"] == "Un banc et deux chaises"


def test_what_is_typed_in_two_tabs_is_not_saved_over_unasked(awa, draft):
    awa.post(url(draft), {"title": "Un banc bleu", "seq": "4", "after": "1"})
    answer = awa.post(url(draft), {"title": "Un banc vert", "seq": "9", "after": "1"})
    assert answer.status_code == 409
    assert Draft.objects.get().typed["title"] == "Un banc bleu"
    answer = awa.post(url(draft), {"title": "Un banc vert", "seq": "10", "after": "4"})
    assert answer.status_code == 200
    assert Draft.objects.get().typed["title"] == "Un banc vert"


def test_the_same_text_in_two_tabs_is_no_quarrel(awa, draft):
    awa.post(url(draft), {"title": "Un banc bleu", "seq": "4", "after": "1"})
    assert (
        awa.post(url(draft), {"title": "Un banc bleu", "seq": "9", "after": "1"}).status_code == 200
    )
    answer = awa.post(url(draft), {"title": "Un banc vert", "seq": "10", "after": "9"})
    assert answer.status_code == 200
    assert Draft.objects.get().typed["title"] == "Un banc vert"


def test_a_page_that_missed_an_answer_goes_on_saving(awa, draft):
    awa.post(url(draft), {"title": "Un banc bleu", "seq": "4", "after": "1"})
    again = {"title": "Un banc bleu", "seq": "4", "after": ["1", "4"]}
    assert awa.post(url(draft), again).status_code == 200
    answer = awa.post(url(draft), {"title": "Un banc vert", "seq": "5", "after": ["1", "4"]})
    assert answer.status_code == 200
    assert Draft.objects.get().typed["title"] == "Un banc vert"


@pytest.mark.parametrize("seq", ["", "x", "-1", "9" * 40])
def test_a_number_that_makes_no_sense_changes_nothing(awa, draft, seq):
    assert awa.post(url(draft), {"title": "Autre", "seq": seq}).status_code == 409
    assert Draft.objects.get().typed["title"] == "Un banc"


def test_a_draft_is_taken_up_where_it_was_left(awa, draft):
    form = awa.get(url(draft)).context["form"]
    assert form["title"].value() == "Un banc"
    assert form["body"].value() == "Devant le guichet."


def test_a_draft_is_for_its_owner_alone(bruno, draft):
    assert bruno.get(url(draft)).status_code == 404
    assert bruno.post(url(draft), {"title": "Pris", "seq": "9"}).status_code == 404
    assert bruno.post(url(draft, "discard")).status_code == 404
    assert bruno.post(url(draft, "restore")).status_code == 404
    assert bruno.get(url(draft, "draft_photo")).status_code == 404
    assert Draft.objects.get().typed["title"] == "Un banc"


def test_submitting_with_the_key_of_somebody_elses_draft_touches_nothing(bruno, draft, typed):
    bruno.post(SUBMIT, typed(key=str(draft.key), title=""))
    draft.refresh_from_db()
    assert draft.typed["title"] == "Un banc"
    assert Draft.objects.count() == 2


def test_a_save_after_the_session_ended_says_so_without_a_page(client, draft):
    answer = client.post(url(draft), {"title": "Un banc bleu", "seq": "9"})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/json"


def test_reading_a_draft_after_the_session_ended_asks_for_sign_in(client, draft):
    assert client.get(url(draft))["Location"].startswith(reverse("account_login"))


def test_an_unknown_draft_is_not_found(awa):
    assert awa.get(reverse("ideas:draft", args=[uuid4()])).status_code == 404


def test_what_is_too_much_to_keep_is_refused(awa, draft):
    assert awa.post(url(draft), {"body": "x" * 600_000, "seq": "9"}).status_code == 413


def test_submitting_ends_the_draft(awa, draft, typed):
    awa.post(SUBMIT, typed(key=str(draft.key)))
    assert not Draft.objects.exists()


def test_the_address_of_a_submitted_draft_leads_to_the_idea(awa, draft, typed):
    answer = awa.post(SUBMIT, typed(key=str(draft.key)))
    assert awa.get(url(draft))["Location"] == answer["Location"]


def test_a_save_still_on_its_way_does_not_make_a_draft_of_a_submitted_idea(awa, typed):
    data = typed()
    awa.post(SUBMIT, data)
    assert awa.post(reverse("ideas:draft", args=[data["key"]]), data).status_code == 410
    assert not Draft.objects.exists()


def test_a_refused_form_is_kept_as_a_draft(awa, typed):
    awa.post(SUBMIT, typed(title=""))
    assert Draft.objects.get().typed["body"].startswith("Les clients")


def test_a_deleted_draft_can_be_taken_back(awa, draft):
    answer = awa.post(url(draft, "discard"), follow=True)
    assert answer.context["discarded"] == draft
    assert not Draft.objects.kept().exists()
    answer = awa.post(url(draft, "restore"), follow=True)
    assert answer.context["form"]["title"].value() == "Un banc"
    assert Draft.objects.kept().get() == draft


def test_deleting_another_draft_ends_the_first_for_good(awa, postwoman, draft):
    awa.post(url(draft, "discard"))
    other = Draft.objects.create(owner=postwoman)
    awa.post(url(other, "discard"))
    assert list(Draft.objects.all()) == [other]


def test_typing_on_brings_a_deleted_draft_back(awa, draft):
    awa.post(url(draft, "discard"))
    awa.post(url(draft), {"title": "Un banc bleu", "seq": "9"})
    assert Draft.objects.kept().get().typed["title"] == "Un banc bleu"


@pytest.mark.parametrize("name", ["discard", "restore"])
def test_drafts_are_not_deleted_by_following_a_link(awa, draft, name):
    assert awa.get(url(draft, name)).status_code == 405


def test_my_drafts_are_listed_with_a_way_to_go_on(awa, draft):
    answer = awa.get(reverse("ideas:mine"), {"show": "drafts"})
    assert url(draft) in answer.text
    assert url(draft, "discard") in answer.text


def test_what_was_typed_is_escaped_wherever_a_draft_shows(awa, postwoman):
    evil = "<script>alert(1)</script>"
    Draft.keep(postwoman, uuid4(), 1, {"title": evil, "body": evil, "theme": evil, "place": evil})
    draft = Draft.objects.get()
    pages = [reverse("home"), f"{reverse('ideas:mine')}?show=drafts", url(draft)]
    assert not any(evil in awa.get(page).text for page in pages)
