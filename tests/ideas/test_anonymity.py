"""Nothing that is stored or shown ties an anonymous idea to its author."""

import json

import pytest
from django.apps import apps
from django.core import serializers
from django.db import models
from django.urls import reverse
from django.utils import timezone

from ideas.models import Draft, Idea, Seal
from search import duplicates, indexing
from search.models import Document, Examination, Pair

SUBMIT = reverse("ideas:submit")


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


@pytest.fixture
def idea(awa, typed):
    awa.post(SUBMIT, typed(is_anonymous="on", place="PPDC Rennes Sud (P35000)"))
    return Idea.objects.get()


def test_the_row_names_neither_person_nor_place_nor_profession_nor_hour(idea):
    assert (idea.author, idea.entity, idea.profession) == (None, None, None)
    assert (idea.submitted_at.minute, idea.submitted_at.second) == (0, 0)


def test_no_row_about_the_idea_names_its_author(idea, postwoman, moderator, awa):
    idea.ask_details(moderator, "Où ?")
    data = {"title": idea.title, "body": idea.body, "answer": "Partout."}
    awa.post(reverse("ideas:revise", args=[idea.pk]), data)
    awa.get(idea.get_absolute_url())
    for model in apps.get_app_config("ideas").get_models():
        for row in json.loads(serializers.serialize("json", model._default_manager.all())):
            assert postwoman.pk not in [row["fields"].get(n) for n in ("author", "actor", "person")]
    assert not Draft.objects.exists()
    assert Seal.objects.get().is_of(postwoman)


def test_no_draft_names_the_author_after_a_lost_session(awa, postwoman, typed, photo):
    data = typed(is_anonymous="on")
    awa.post(reverse("ideas:draft", args=[data["key"]]), data)
    Draft.objects.get().keep_photo(photo())
    awa.logout()
    answer = awa.post(SUBMIT, data)
    assert not awa.session.keys()
    awa.force_login(postwoman, backend="accounts.backends.StaffBackend")
    awa.post(answer.context["address"], dict(answer.context["fields"]))
    assert Idea.objects.get().photo
    assert not Draft.objects.exists()


def test_the_session_keeps_no_trace_of_the_idea(idea, awa):
    awa.get(idea.get_absolute_url())
    assert set(awa.session.keys()) <= {
        "_auth_user_id",
        "_auth_user_backend",
        "_auth_user_hash",
        "_messages",
    }


def test_search_knows_neither_place_nor_profession(idea):
    document = Document.objects.get(key=str(idea.pk))
    assert (document.entity, document.region, document.profession) == ("", "", "")


def test_the_acts_of_the_author_are_dated_to_the_day(idea, postwoman, moderator):
    idea.revise(postwoman, "Autre titre", idea.body)
    idea.withdraw(postwoman)
    acts = idea.events.exclude(actor=moderator)
    assert len(acts) == 3
    assert all((act.at.minute, act.at.second, act.at.microsecond) == (0, 0, 0) for act in acts)


def times_about(key):
    """Every time that search keeps about a document, by the name of its column."""
    for model in apps.get_app_config("search").get_models():
        fields = model._meta.concrete_fields
        about = [f.name for f in fields if model is Document and f.primary_key]
        about += [f.name for f in fields if f.related_model is Document]
        times = [f.name for f in fields if isinstance(f, models.DateTimeField)]
        for name in about:
            for row in model.objects.filter(**{name: key}).values("pk", *times):
                yield from ((f"{model.__name__}.{time}", row[time]) for time in times)


def test_search_keeps_no_hour_of_an_anonymous_idea(idea, submit, clerk):
    submit(clerk, idea.title, body=idea.body)
    indexing.drain_queue(60)
    duplicates.find_waiting(60)
    assert Pair.objects.touching([str(idea.pk)]).exists()
    assert Examination.objects.filter(pk=str(idea.pk)).exists()
    times = dict(times_about(str(idea.pk)))
    assert "Document.published_at" in times
    for column, at in times.items():
        local = at and timezone.localtime(at)
        assert not local or local.time() == local.time().min, column


def test_colleagues_and_moderators_read_no_name(idea, moderator, clerk, signed_in):
    pages = [signed_in(moderator).get(idea.get_absolute_url()).text]
    idea.publish(moderator)
    pages.append(signed_in(clerk).get(idea.get_absolute_url()).text)
    for page in pages:
        assert "Awa" not in page
        assert "Le Goff" not in page
        assert "Rennes" not in page


def test_the_timeline_gives_the_author_neither_name_nor_hour(idea, moderator, clerk, signed_in):
    idea.publish(moderator)
    submitted, published = signed_in(clerk).get(idea.get_absolute_url()).context["timeline"]
    assert submitted.when is None
    assert published.by == "Mona Petit"


def test_the_author_finds_it_among_my_ideas_and_others_do_not(idea, awa, clerk, signed_in):
    mine = reverse("ideas:mine")
    assert idea.title in awa.get(mine).text
    assert idea.title not in signed_in(clerk).get(mine).text


def test_only_the_author_sees_that_it_is_theirs(idea, moderator, clerk, awa, signed_in):
    idea.publish(moderator)
    assert awa.get(idea.get_absolute_url()).context["is_mine"] is True
    assert signed_in(clerk).get(idea.get_absolute_url()).context["is_mine"] is False
    assert signed_in(moderator).get(idea.get_absolute_url()).context["is_mine"] is False


def test_a_place_that_does_not_exist_does_not_stop_an_anonymous_idea(awa, typed):
    awa.post(SUBMIT, typed(is_anonymous="on", place="Nulle part"))
    assert Idea.objects.get().entity is None


def test_the_form_says_honestly_what_anonymous_means(awa):
    answer = awa.get(SUBMIT)
    assert 'id="id_is_anonymous_helptext"' in answer.text
    assert "data-no-place" in answer.text
