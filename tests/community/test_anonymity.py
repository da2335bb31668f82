"""No row, field or index of the database ties the author of an anonymous idea to it."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.models import User
from community.models import Follow, LastLook, Notification, Untold
from community.tasks import sweep
from ideas.models import Event, Refused


def rows_about(person: User) -> dict[str, int]:
    """How many rows of each model refer to the person, and to an idea directly or by one step."""
    found = {}
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                rows = model._default_manager.filter(**{field.name: person})
                found[f"{model._meta.label}.{field.name}"] = rows.count()
    return {name: count for name, count in found.items() if count}


@pytest.fixture
def life(secret, postwoman, clerk, moderator, say, signed_in):
    """The hidden author looks, answers, edits, tries to follow, and reads their news."""
    session = signed_in(postwoman)
    say(secret, clerk)
    session.get(secret.get_absolute_url())
    comment = say(secret, postwoman, "Je précise.", as_author=True)
    url = f"/commentaires/{comment.pk}"
    session.post(f"/idees/{secret.pk}/commentaires/", {"body": "Encore", "voice": "author"})
    session.post(f"{url}/modifier/", {"body": "Je précise encore."})
    session.post(f"{url}/supprimer/", {"action": "remove"})
    session.post(f"{url}/supprimer/", {"action": "restore"})
    session.post(f"/idees/{secret.pk}/suivre/", {"follow": "1"})
    secret.adopt(moderator)
    sweep()
    news = session.get("/nouvelles/")
    event = Event.objects.filter(kind=Event.Kind.ADOPTED).get()
    session.get(f"/nouvelles/{event.pk}/")
    session.post("/nouvelles/lues/", {"newest": news.context["newest"]})
    return session


def test_a_whole_life_leaves_no_row_that_names_them(life, postwoman):
    assert rows_about(postwoman) == {"community.LastLook.person": 1}


def test_the_last_look_names_no_idea_and_is_the_same_for_everybody(
    life, postwoman, clerk, signed_in
):
    other = signed_in(clerk)
    other.post("/nouvelles/lues/", {"newest": other.get("/nouvelles/").context["newest"]})
    fields = {field.name for field in LastLook._meta.get_fields()}
    assert fields == {"person", "event_id"}
    assert set(LastLook.objects.values_list("person", flat=True)) == {postwoman.pk, clerk.pk}


def test_nothing_kept_holds_their_key_in_clear(life, postwoman, secret):
    for comment in secret.comments.exclude(mark=""):
        assert comment.author_id is None
        assert str(postwoman.username) not in f"{comment.mark}{comment.submission}"
    assert not Notification.objects.filter(person=postwoman).exists()
    assert not Follow.objects.filter(person=postwoman).exists()
    assert not Untold.objects.exists()


def test_their_session_keeps_nothing_but_who_they_are(life):
    assert all(key.startswith("_auth_user_") for key in life.session.keys() - {"_messages"})
    assert str(life.session.get("_messages", "")).count("idee") == 0


def test_following_ones_own_anonymous_idea_is_refused(secret, postwoman):
    with pytest.raises(Refused):
        Follow.choose(secret, postwoman, wanted=True)
    with pytest.raises(Refused):
        Follow.choose(secret, postwoman, wanted=False)


def test_they_read_their_news_and_others_do_not(secret, postwoman, clerk, signed_in):
    mine = signed_in(postwoman).get("/nouvelles/")
    assert "Votre idée a été publiée" in mine.content.decode()
    assert mine.context["unread_count"]() == 1
    others = signed_in(clerk).get("/nouvelles/")
    assert "Votre idée" not in others.content.decode()


def test_what_they_did_themselves_is_no_news_to_them(secret, postwoman, signed_in, say):
    say(secret, postwoman, as_author=True)
    page = signed_in(postwoman).get("/nouvelles/")
    assert "a commenté" not in page.content.decode()


def test_seen_news_are_not_new_again(secret, postwoman, clerk, signed_in, say):
    session = signed_in(postwoman)
    newest = session.get("/nouvelles/").context["newest"]
    say(secret, clerk)
    session.post("/nouvelles/lues/", {"newest": newest})
    page = session.get("/nouvelles/")
    assert page.context["unread"] == 1
    assert "Bruno Morel a commenté votre idée" in page.content.decode()


def test_after_a_merge_they_hear_of_the_head_but_not_of_its_past(
    secret, published, postwoman, clerk, moderator, say, signed_in
):
    head = published(clerk, "Un management calme")
    say(head, moderator, "Avant la fusion")
    secret.merge_into(head, moderator)
    say(head, moderator, "Après la fusion")
    page = signed_in(postwoman).get("/nouvelles/").content.decode()
    assert "Après la fusion" in page
    assert "Avant la fusion" not in page
    assert "est fusionnée" in page


def test_old_news_are_shown_but_no_longer_counted_as_new(secret, postwoman, signed_in):
    Event.objects.update(at=timezone.now() - timedelta(days=60))
    page = signed_in(postwoman).get("/nouvelles/")
    assert "Votre idée a été publiée" in page.content.decode()
    assert page.context["unread_count"]() == 0
