"""The adopted ideas of the demonstration as published projects."""

import json
from datetime import timedelta
from html import escape
from typing import Any

from django.utils import timezone

from accounts.models import Entity, User
from demonstration.staff import DATA
from ideas.models import Idea, Theme
from projects.models import (
    Indicator,
    Measurement,
    Pilot,
    ProjectIdea,
    ProjectIndexPage,
    ProjectPage,
)

Row = dict[str, Any]


def create_projects(ideas: dict[str, Idea]) -> None:
    """Publish the projects, as their lead would in Wagtail; `ideas` by their key."""
    index = ProjectIndexPage.objects.get()
    lead = User.objects.get(username="paul")
    for row in json.loads((DATA / "projects.json").read_text("utf-8")):
        page = ProjectPage(
            title=row["title"],
            slug=row["slug"],
            introduction=row["intro"],
            body=[_block(block) for block in row["body"]],
            theme=Theme.objects.get(slug=row["theme"]),
            lead=lead,
            stage=ProjectPage.Stage(row["stage"]),
            owner=lead,
            live=False,
        )
        index.add_child(instance=page)
        page.pilots.add(_pilot(row["pilot"]))
        for indicator in row["indicators"]:
            page.indicators.add(_indicator(indicator))
        for key in row["idea_keys"]:
            page.ideas.add(ProjectIdea(idea=ideas[key]))
        page.save()
        page.save_revision(user=lead).publish(user=lead)


def _block(block: Row) -> tuple[str, str]:
    if block["type"] == "paragraph":
        return "paragraph", f"<p>{escape(block['text'])}</p>"
    return block["type"], block["text"]


def _day(days_ago: int) -> Any:
    return timezone.localdate() - timedelta(days=days_ago)


def _pilot(row: Row) -> Pilot:
    ends = row["ends_days_ago"]
    return Pilot(
        name=row["name"],
        entities=list(Entity.objects.filter(code__in=row["entities"])),
        starts_on=_day(row["starts_days_ago"]),
        ends_on=None if ends is None else _day(ends),
        description=row["description"],
    )


def _indicator(row: Row) -> Indicator:
    fields = ("name", "unit", "kind", "better", "baseline", "target")
    indicator = Indicator(**{field: row[field] for field in fields})
    indicator.measurements = [
        Measurement(
            on=_day(m["days_ago"]), value=m["value"], source=m["source"], sample=m["sample"]
        )
        for m in row["measurements"]
    ]
    return indicator
