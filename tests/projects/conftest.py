from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ideas.models import Idea
from projects.models import Indicator, Measurement, Pilot, ProjectIndexPage, ProjectPage


@pytest.fixture
def index(db: None) -> ProjectIndexPage:
    return ProjectIndexPage.objects.get()


@pytest.fixture
def project(index, published, postwoman, moderator) -> ProjectPage:
    """The draft that adopting an idea leaves."""
    return index.adopt(published(postwoman, "Une borne à tickets"), moderator)


@pytest.fixture
def indicator() -> Callable[..., Indicator]:
    def make(*values: float, **fields: Any) -> Indicator:
        facts = {
            "name": "Attente", "kind": "waiting-time", "unit": "min", "better": "lower",
            "baseline": 9, "target": 6,
        }  # fmt: skip
        made = Indicator(**{**facts, **fields})
        made.measurements = [
            Measurement(on=date(2026, month, 1), value=value, source="relevé")
            for month, value in enumerate(values, start=1)
        ]
        return made

    return make


@pytest.fixture
def completed(indicator, quimper) -> Callable[[ProjectPage], ProjectPage]:
    """Give a project what it takes to be published."""

    def fill(page: ProjectPage) -> ProjectPage:
        page.body = [("paragraph", "<p>Pourquoi nous essayons.</p>")]
        page.pilots.add(Pilot(name="Quimper", entities=[quimper], starts_on=date(2026, 1, 5)))
        page.indicators = [indicator(8, 7, 5.5), indicator(name="NPS", better="higher")]
        page.save()
        return page

    return fill


@pytest.fixture
def complete(project, completed) -> ProjectPage:
    return completed(project)


@pytest.fixture
def adopted(project) -> Idea:
    return project.ideas.get().idea
