import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from community.models import Comment
from demonstration.history import PARTS, _part, cast_in, tell
from demonstration.loader import _answers, load, seeds
from demonstration.staff import CAST, DATA
from ideas.models import Idea, Seal, Vote
from projects.models import ProjectPage
from search.models import Document

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def stories():
    return tell(seeds(), _answers(), 400, NOW, seed=1)


def test_nothing_happens_before_its_time(stories):
    for story in stories:
        assert story.submitted <= NOW
        assert story.decided is None or story.submitted <= story.decided <= NOW
        said = [*story.voters.values(), *(at for _who, at, _text in story.comments)]
        # Nobody backs or discusses what is closed.
        since, until = story.decided, NOW
        if story.state == "declined":
            since, until = story.submitted, story.decided
        assert all(since <= at <= until for at in said)


def test_the_same_seed_tells_the_same_stories(stories):
    again = tell(seeds(), _answers(), 400, NOW, seed=1)
    assert [(s.row["key"], s.state, len(s.voters)) for s in again] == [
        (s.row["key"], s.state, len(s.voters)) for s in stories
    ]


def test_every_answer_was_written_for_its_idea_or_fits_any(stories):
    answers = _answers()
    answered = {"declined": answers.declines, "needs-details": answers.requests}
    for state, texts in answered.items():
        given = [story for story in stories if story.state == state]
        assert given
        for story in given:
            (text,) = [one for one in texts if one["body"] == story.reason]
            own = [one for one in texts if story.row["key"] in one.get("idea_keys", ())]
            assert text in own if own else text["neutral"]


def test_what_the_demonstration_says_is_true_whatever_the_season():
    for name in ("campaigns.json", "projects.json"):
        lines = (DATA / name).read_text("utf-8").lower().splitlines()
        told = [line for line in lines if '"slug"' not in line]
        season = r"\b(hiver|l’été|d’été|automne|printemps|décembre|winter|summer|december)\b"
        assert not [line for line in told if re.search(season, line)]


def test_authors_do_not_back_their_own(stories):
    assert all(story.author not in story.voters for story in stories)


def test_a_head_was_submitted_before_what_is_merged_into_it(stories):
    seen = set()
    for story in stories:
        assert not story.canonical or story.canonical in seen
        seen.add(story.row["key"])


def test_the_queue_is_not_empty_and_old_ideas_are_answered(stories):
    waiting = [story for story in stories if story.state == "submitted"]
    assert 10 < len(waiting) < 100
    assert min(story.submitted for story in waiting) > NOW - timedelta(days=20)


def test_whoever_is_cast_in_has_ideas_of_every_fate_and_backs_others():
    stories = tell(seeds(), _answers(), 400, NOW, seed=1)
    cast_in(stories, 400, "letter-carrier", NOW)
    own = [story for story in stories if story.author == 400]
    assert {_part(story) for story in own} == set(PARTS)
    assert all(400 not in story.voters for story in own)
    backed = [story for story in stories if 400 in story.voters]
    assert len(backed) >= 12
    assert all(story.decided <= story.voters[400] <= NOW for story in backed)
    assert all(400 in story.readers for story in backed)


@pytest.mark.django_db
def test_the_demonstration_is_whole():
    list(load(0))
    assert Idea.objects.count() == Document.objects.count() == len(seeds())
    assert set(User.objects.values_list("username", flat=True)) >= {p.username for p in CAST}
    assert ProjectPage.objects.live().count() == 3
    trial = ProjectPage.objects.get(slug="jamais-seul-sur-une-tournee")
    assert trial.stage == ProjectPage.Stage.TRIAL_OVER
    assert Comment.objects.exists()
    assert Seal.objects.count() == Idea.objects.filter(is_anonymous=True).count() > 10
    head = Idea.objects.filter(sources__isnull=False).first()
    assert head is not None
    people = Vote.objects.filter(idea__in=head.group()).values("person").distinct().count()
    assert head.support == people
    call_command("recount", verbosity=0)


@pytest.mark.django_db
def test_it_loads_into_an_empty_database_only(postwoman):
    with pytest.raises(CommandError):
        call_command("load_demonstration", verbosity=0)


@pytest.mark.django_db
def test_one_click_signs_in_within_the_demonstration(client, settings):
    settings.DEMONSTRATION = True
    User.objects.create_user("awa")
    response = client.post("/demonstration/connexion/", {"username": "awa", "next": "/idees/"})
    assert response["Location"] == "/idees/"
    assert "_auth_user_id" in client.session


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_it_leads_to_no_other_site(client, settings, wanted):
    settings.DEMONSTRATION = True
    User.objects.create_user("awa")
    response = client.post("/demonstration/connexion/", {"username": "awa", "next": wanted})
    assert response["Location"] == "/"


@pytest.mark.django_db
def test_elsewhere_there_is_no_such_door(client, settings):
    settings.DEMONSTRATION = False
    User.objects.create_user("awa")
    assert client.post("/demonstration/connexion/", {"username": "awa"}).status_code == 404


@pytest.mark.django_db
def test_accounts_outside_the_cast_are_not_for_trying(client, settings, administrator):
    settings.DEMONSTRATION = True
    administrator.username = "root"
    administrator.save()
    assert client.post("/demonstration/connexion/", {"username": "root"}).status_code == 404
