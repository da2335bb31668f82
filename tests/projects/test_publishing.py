"""A project is published complete or not at all, and its backers hear of it once."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, streamfield

from ideas.models import Event, Refused
from projects.models import ProjectPage
from projects.tasks import publish_scheduled


@pytest.fixture
def lead(signed_in, project_lead):
    visitor = signed_in(project_lead)
    visitor.cookies["django_language"] = "en"
    return visitor


def told(idea) -> int:
    return idea.events.filter(kind=Event.Kind.PROJECT_PUBLISHED).count()


def is_live(page) -> bool:
    return ProjectPage.objects.get(pk=page.pk).live


def in_bulk(visitor, page, **typed):
    query = urlencode({"id": page.pk, "next": reverse("wagtailadmin_explore_root")})
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    return visitor.post(f"{address}?{query}", typed, follow=True)


def in_the_editor(visitor, page, **typed):
    form = {
        "title": page.title,
        "slug": page.slug,
        "introduction": page.introduction,
        "theme": page.theme_id,
        "stage": page.stage,
        "body": streamfield([]),
        **{f"{name}-{count}": 0 for name in ("pilots", "indicators", "comments")
           for count in ("TOTAL_FORMS", "INITIAL_FORMS")},
        "action-publish": "1",
        **typed,
    }  # fmt: skip
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return visitor.post(address, nested_form_data(form), follow=True)


@pytest.mark.parametrize("descendants", [False, True])
def test_an_incomplete_project_that_was_ticked_stays_a_draft(
    lead, project, adopted, index, descendants
):
    ticked = index if descendants else project
    typed = {"include_descendants": "on"} if descendants else {}
    answer = in_bulk(lead, ticked, **typed).content.decode()
    assert "Nothing was published." in answer
    assert "at least two indicators" in answer
    assert "Une borne à tickets" in answer
    assert not is_live(project)
    assert told(adopted) == 0


def test_of_those_that_were_ticked_all_are_published_or_none(
    lead, complete, index, published, clerk, moderator
):
    draft = index.adopt(published(clerk, "Encore en préparation"), moderator)
    complete.save_revision()
    in_bulk(lead, index, include_descendants="on")
    assert not is_live(complete)
    draft.delete()
    in_bulk(lead, index, include_descendants="on")
    assert is_live(complete)


def test_a_complete_project_that_was_ticked_is_published_and_told(lead, complete, adopted):
    complete.save_revision()
    in_bulk(lead, complete)
    assert is_live(complete)
    assert told(adopted) == 1


@pytest.mark.parametrize("days", [0, 3])
def test_the_editor_keeps_what_was_typed_and_says_what_is_missing(lead, project, adopted, days):
    later = timezone.localtime() + timedelta(days=days)
    typed = {"title": "Deux bornes", "go_live_at": f"{later:%d/%m/%Y %H:%M}" if days else ""}
    answer = in_the_editor(lead, project, **typed)
    assert answer.redirect_chain[-1][0] == reverse("wagtailadmin_pages:edit", args=[project.pk])
    assert "the project “Deux bornes” needs: a text" in answer.content.decode()
    kept = ProjectPage.objects.get().get_latest_revision_as_object()
    assert kept.title == "Deux bornes"
    assert not is_live(project)
    assert not project.revisions.exclude(approved_go_live_at=None).exists()
    assert told(adopted) == 0


def test_a_live_project_does_not_become_incomplete(complete, project_lead):
    complete.save_revision().publish()
    complete.pilots.set([])
    with pytest.raises(Refused):
        complete.save_revision().publish(user=project_lead)
    assert ProjectPage.objects.get().pilots.count() == 1


def test_no_way_to_publish_gets_round_the_rule(project, project_lead):
    project.live = True
    with pytest.raises(Refused):
        project.save()
    with pytest.raises(Refused) as refusal:
        PublishPageRevisionAction(project.latest_revision, user=project_lead).execute()
    # Wagtail's own interface for programs answers with these.
    assert refusal.value.message_dict
    assert not is_live(project)


def scheduled(page) -> None:
    """As the editor approves it, on a day that has come by now."""
    page.go_live_at = timezone.now() + timedelta(days=1)
    page.save_revision().publish()
    page.revisions.exclude(approved_go_live_at=None).update(
        approved_go_live_at=timezone.now() - timedelta(minutes=1)
    )
    (revision,) = page.revisions.exclude(approved_go_live_at=None)
    revision.content["go_live_at"] = None
    type(revision).objects.filter(pk=revision.pk).update(content=revision.content)


def test_a_complete_project_is_published_and_told_on_its_day(complete, adopted):
    scheduled(complete)
    assert not is_live(complete)
    assert told(adopted) == 0
    publish_scheduled()
    assert is_live(complete)
    assert told(adopted) == 1


def test_an_incomplete_project_is_not_scheduled(project):
    project.go_live_at = timezone.now() + timedelta(days=1)
    with pytest.raises(Refused):
        project.save_revision().publish()
    assert not project.revisions.exclude(approved_go_live_at=None).exists()


def test_copies_and_other_places_of_a_project_tell_nobody_again(complete, adopted, index):
    complete.save_revision().publish()
    complete = ProjectPage.objects.get()
    complete.copy(update_attrs={"slug": "copie", "title": "Copie"}, keep_live=True)
    complete.create_alias(parent=index, update_slug="autre")
    complete.save_revision().publish()
    assert Page.objects.child_of(index).live().count() == 3
    assert told(adopted) == 1
