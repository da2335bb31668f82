"""A report's figures as charts, tables and lines of CSV, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

import charts
from accounts.models import Region
from ideas.models import Theme
from reports.models import TrendReport
from reports.trends import FEWEST_PEOPLE

TABLES = ("months", "themes", "regions")


@dataclass(frozen=True)
class Table:
    """Columns as `components/table.html` takes them, and rows of raw values for CSV."""

    columns: list[dict[str, object]]
    rows: list[list[Any]]

    def shown(self) -> list[list[str]]:
        return [[_cell(value) for value in row] for row in self.rows]


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else formats.localize(value)


def month_label(key: str) -> str:
    return charts.month_label(date.fromisoformat(f"{key}-01"), "y")


def table(report: TrendReport, name: str) -> Table:
    if name == "months":
        words = [_("Month"), _("Ideas"), _("Votes"), _("People"), _("Answers"), _("Median days")]
        fields = ["ideas", "votes", "people", "answers", "days"]
        names = {row["month"]: month_label(row["month"]) for row in report.table(name)}
        key = "month"
    else:
        words = [
            _("Theme") if name == "themes" else _("Region"),
            _("Ideas"),
            _("Votes"),
            _("People"),
        ]
        fields = ["ideas", "votes", "people"]
        labels = Theme.objects.all() if name == "themes" else Region.objects.all()
        names = {label.slug: label.name for label in labels}
        key = "key"
    columns = [{"label": word, "numeric": number > 0} for number, word in enumerate(words)]
    rows = [
        [names.get(row[key], row[key]), *(row[field] for field in fields)]
        for row in report.table(name)
    ]
    return Table(columns, rows)


@dataclass(frozen=True)
class Chart:
    """What `components/chart.html` shows."""

    name: str
    title: str
    says: str
    svg: SafeString
    table: Table


def charts_of(report: TrendReport) -> list[Chart]:
    tables = {name: table(report, name) for name in TABLES}
    months = report.table("months")
    labels = [charts.month_label(date.fromisoformat(f"{r['month']}-01")) for r in months]

    def by_month(field: str) -> Sequence[tuple[str, float | None]]:
        return [(label, row[field]) for label, row in zip(labels, months, strict=True)]

    hidden = _("Figures that come from fewer than %(count)s people are not shown.") % {
        "count": FEWEST_PEOPLE
    }
    return [
        Chart(
            "months",
            _("Ideas handed in"),
            _("Ideas per month, the present month included."),
            charts.columns(by_month("ideas")),
            tables["months"],
        ),
        Chart(
            "months",
            _("Votes and people"),
            _("Votes per month, and how many different people handed in or backed an idea."),
            charts.lines({_("Votes"): by_month("votes"), _("People"): by_month("people")}),
            tables["months"],
        ),
        Chart(
            "months",
            _("Answers"),
            _("Ideas that got their first answer in the month."),
            charts.columns(by_month("answers")),
            tables["months"],
        ),
        Chart(
            "months",
            _("Days until the first answer"),
            _("Half of the authors waited less, half waited longer."),
            charts.lines({_("Median days"): by_month("days")}, _("days")),
            tables["months"],
        ),
        Chart(
            "themes",
            _("Ideas by theme"),
            hidden,
            charts.bars([(row[0], row[1]) for row in tables["themes"].rows if row[1] is not None]),
            tables["themes"],
        ),
        Chart(
            "regions",
            _("Ideas by region"),
            hidden,
            charts.bars([(row[0], row[1]) for row in tables["regions"].rows if row[1] is not None]),
            tables["regions"],
        ),
    ]
