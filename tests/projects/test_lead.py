"""The lead of a project is found by name among all staff; the editor never lists everybody."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User


@pytest.fixture
def lead(signed_in, project_lead):
    return signed_in(project_lead)


@pytest.fixture
def staff(db, quimper):
    return User.objects.bulk_create(
        User(username=f"p{n:05d}", first_name="Nadia", last_name=f"Kermarec{n}", entity=quimper)
        for n in range(300)
    )


def found(visitor, words: str) -> list[User]:
    answer = visitor.get(reverse("person_chooser:choose_results"), {"q": words})
    return list(answer.context["results"])


def counted(visitor, address: str) -> int:
    visitor.get(address)
    with CaptureQueriesContext(connection) as captured:
        visitor.get(address)
    return len(captured)


def test_the_editor_lists_nobody(lead, project, staff, project_lead):
    project.lead = staff[7]
    project.save_revision()
    page = lead.get(reverse("wagtailadmin_pages:edit", args=[project.pk])).content.decode()
    assert "Kermarec7" in page
    assert "Kermarec8" not in page
    assert reverse("person_chooser:choose") in page


@pytest.mark.parametrize("name", ["edit", "choose"])
def test_queries_do_not_grow_with_the_staff(lead, project, quimper, rennes, staff, name):
    address = {
        "edit": reverse("wagtailadmin_pages:edit", args=[project.pk]),
        "choose": reverse("person_chooser:choose"),
    }[name]
    User.objects.filter(pk__in=[one.pk for one in staff[1:]]).update(is_active=False)
    one = counted(lead, address)
    User.objects.update(is_active=True)
    assert counted(lead, address) == one


def test_people_are_found_by_the_parts_of_their_name_and_by_their_number(lead, staff):
    assert found(lead, "kermarec77 nad") == [staff[77]]
    assert found(lead, "P00012") == [staff[12]]
    assert found(lead, "personne") == []
    answer = lead.get(reverse("person_chooser:choose_results"), {"q": "kermarec77"})
    assert "Quimper Centre" in answer.content.decode()


def test_who_has_left_is_not_offered(lead, staff):
    User.objects.filter(pk=staff[77].pk).update(is_active=False)
    assert found(lead, "kermarec77") == []


def test_only_who_edits_pages_looks_people_up(signed_in, clerk):
    assert signed_in(clerk).get(reverse("person_chooser:choose")).status_code == 302
