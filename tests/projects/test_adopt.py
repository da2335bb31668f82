import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from ideas.models import Conflict, Idea
from projects.models import ProjectPage


def test_adopting_makes_a_draft_project_from_the_idea(project, adopted):
    assert adopted.state == Idea.State.ADOPTED
    assert project.live is False
    assert project.title == adopted.title
    assert project.theme == adopted.theme
    assert project.url == "/projets/une-borne-a-tickets/"


def test_two_projects_of_one_title_have_two_addresses(index, published, clerk, moderator, project):
    other = index.adopt(published(clerk, "Une borne à tickets"), moderator)
    assert other.slug == "une-borne-a-tickets-2"


def test_a_second_idea_joins_an_existing_project(index, published, clerk, moderator, project):
    index.adopt(published(clerk, "Prendre un ticket"), moderator, project=project)
    assert ProjectPage.objects.count() == 1
    assert ProjectPage.objects.get().ideas.count() == 2


def test_who_may_not_adopt_leaves_nothing_behind(index, published, postwoman, clerk):
    idea = published(postwoman)
    with pytest.raises(PermissionDenied):
        index.adopt(idea, clerk)
    assert ProjectPage.objects.count() == 0


def test_an_idea_is_adopted_once(index, adopted, moderator):
    with pytest.raises(Conflict):
        index.adopt(adopted, moderator)
    assert ProjectPage.objects.count() == 1


def test_the_moderator_adopts_from_the_page(signed_in, moderator, published, postwoman):
    idea = published(postwoman)
    response = signed_in(moderator).post(
        f"/projets/adopter/{idea.pk}/", {"version": idea.version, "note": "On essaie."}
    )
    assert response.status_code == 302
    assert idea.events.last().reason == "On essaie."


def test_an_idea_changed_meanwhile_is_not_adopted(signed_in, moderator, published, postwoman):
    idea = published(postwoman)
    data = {"version": idea.version - 1, "note": "On essaie."}
    response = signed_in(moderator).post(f"/projets/adopter/{idea.pk}/", data)
    assert response.status_code == 409
    assert "On essaie." in response.text
    assert ProjectPage.objects.count() == 0


def test_a_note_that_is_too_long_is_kept_with_what_is_wrong_beside_it(
    signed_in, moderator, published, postwoman
):
    idea = published(postwoman)
    data = {"version": idea.version, "note": "Oui. " * 500}
    response = signed_in(moderator).post(f"/projets/adopter/{idea.pk}/", data)
    assert response.status_code == 422
    assert "Oui. Oui." in response.text
    assert 'id="adopt_note_error"' in response.text
    assert ProjectPage.objects.count() == 0


def test_the_page_offers_the_projects_there_are(
    signed_in, moderator, project, published, postwoman
):
    idea = published(postwoman, "Des tickets")
    client = signed_in(moderator)
    assert (
        f'<option value="{project.pk}">{project.title}</option>'
        in client.get(reverse("triage:review", args=[idea.pk])).text
    )
    data = {"version": idea.version, "project": project.pk}
    client.post(f"/projets/adopter/{idea.pk}/", data)
    assert project.ideas.filter(idea=idea).exists()


@pytest.mark.parametrize("role", ["postwoman", "manager"])
def test_others_may_not(request, signed_in, role, published, clerk):
    idea = published(clerk)
    client = signed_in(request.getfixturevalue(role))
    assert client.post(f"/projets/adopter/{idea.pk}/").status_code == 403


def test_a_link_does_not_adopt(signed_in, moderator, published, postwoman):
    idea = published(postwoman)
    assert signed_in(moderator).get(f"/projets/adopter/{idea.pk}/").status_code == 405


def test_an_unknown_idea_is_not_found(signed_in, moderator):
    assert signed_in(moderator).post("/projets/adopter/999/").status_code == 404


def test_the_draft_waits_for_its_lead_on_the_home_page(
    signed_in, project, project_lead, postwoman, moderator
):
    edit = reverse("wagtailadmin_pages:edit", args=[project.pk])
    assert edit in signed_in(project_lead).get(reverse("home")).content.decode()
    for reader in (postwoman, moderator):
        assert edit not in signed_in(reader).get(reverse("home")).content.decode()


def test_what_somebody_else_leads_or_is_published_waits_for_nobody(
    signed_in, complete, project_lead, clerk
):
    complete.lead = clerk
    complete.save()
    assert list(ProjectPage.objects.awaiting(project_lead)) == []
    complete.lead = project_lead
    complete.save_revision().publish()
    assert list(ProjectPage.objects.awaiting(project_lead)) == []


def test_the_idea_leads_its_project_lead_to_the_draft(signed_in, project, adopted, project_lead):
    edit = reverse("wagtailadmin_pages:edit", args=[project.pk])
    page = signed_in(project_lead).get(adopted.get_absolute_url()).content.decode()
    assert edit in page
