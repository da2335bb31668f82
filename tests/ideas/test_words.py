"""The company's words and places, as administrators keep them, and the documents that copy them."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Entity, Region
from ideas import documents
from ideas.models import Campaign, Theme
from ideas.tasks import renew_copies
from search.models import Document, Synonyms

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(signed_in, administrator):
    return signed_in(administrator)


@pytest.fixture
def corse():
    return Region.objects.create(slug="corse", name="Corse")


@pytest.fixture
def campaign():
    return Campaign.objects.create(
        slug="colis", title_fr="Colis", title_en="Parcels", question_fr="?", question_en="?",
        starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 2),
    )  # fmt: skip


def page(model, name: str, *args) -> str:
    return reverse(f"{model.snippet_viewset.url_namespace}:{name}", args=args)


def about(idea) -> Document:
    return Document.objects.get(key=str(idea.pk))


def test_the_key_of_a_word_is_chosen_once(admin, waiting):
    typed = {"slug": "colis", "name_fr": "Les colis", "name_en": "Parcels"}
    admin.post(page(Theme, "add"), typed)
    made = Theme.objects.get(slug="colis")
    edit = page(Theme, "edit", made.pk)
    admin.post(edit, {**typed, "slug": "paquets", "name_fr": "Les paquets"})
    made.refresh_from_db()
    assert (made.slug, made.name_fr) == ("colis", "Les paquets")
    assert "disabled" in str(admin.get(edit).context["form"]["slug"])
    assert "disabled" not in str(admin.get(page(Theme, "add")).context["form"]["slug"])


def test_the_code_of_a_place_is_chosen_once(admin, quimper):
    typed = {"code": "X1", "name": "Quimper", "kind": quimper.kind, "region": quimper.region_id}
    admin.post(page(Entity, "edit", quimper.pk), typed)
    quimper.refresh_from_db()
    assert (quimper.code, quimper.name) == ("Q29000", "Quimper")


def test_the_ideas_of_a_place_that_moves_are_found_in_its_new_region(
    admin, published, clerk, quimper, corse, django_capture_on_commit_callbacks
):
    idea = published(clerk, entity=quimper)
    version = about(idea).version
    typed = {"code": "", "name": quimper.name, "kind": quimper.kind, "region": corse.pk}
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(page(Entity, "edit", quimper.pk), typed)
    assert (about(idea).region, about(idea).version) == ("corse", version + 1)
    # The list, and whatever else asks by region.
    listed = reverse("ideas:list")
    assert idea.title in admin.get(listed, {"region": "corse"}).text
    assert idea.title not in admin.get(listed, {"region": "bretagne"}).text


def test_the_ideas_of_a_campaign_that_is_deleted_stay_without_it(
    admin, published, clerk, campaign, django_capture_on_commit_callbacks
):
    idea = published(clerk, campaign=campaign)
    assert about(idea).campaign == "colis"
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(page(Campaign, "delete", campaign.pk))
    assert about(idea).campaign == ""


def test_what_an_interrupted_renewal_left_is_done_by_the_next_one(
    published, clerk, quimper, corse, monkeypatch
):
    ideas = [published(clerk, f"Une borne {n}", entity=quimper) for n in range(5)]
    Entity.objects.update(region=corse)
    put, batches = Document.put_copies, []

    def put_some(keys, **copied):
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(keys)
        put(keys, **copied)

    monkeypatch.setattr(documents, "BATCH", 2)
    monkeypatch.setattr(Document, "put_copies", put_some)
    with pytest.raises(KeyboardInterrupt):
        renew_copies()
    assert Document.objects.filter(region="corse").count() == 4
    monkeypatch.setattr(Document, "put_copies", put)
    renew_copies()
    assert {about(idea).region for idea in ideas} == {"corse"}


def test_where_nothing_moved_nothing_is_written(published, clerk, quimper, campaign):
    idea = published(clerk, entity=quimper, campaign=campaign)
    before = about(idea).version
    renew_copies()
    assert about(idea).version == before


def test_the_list_of_synonyms_is_searched(admin):
    for words in ("vélo, bicyclette", "guichet, comptoir"):
        Synonyms.objects.create(words=words)
    listed = page(Synonyms, "list")
    assert 'name="q"' in admin.get(listed).text
    found = admin.get(listed, {"q": "comptoir"}).text
    assert "guichet" in found
    assert "bicyclette" not in found
