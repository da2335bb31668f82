"""Charts drawn on the server as SVG, to be set in a page without script or inline style.

Colours are written as the light palette and turned into the design system's tokens by
`static/css/charts.css`, so that a chart follows the page into the dark.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import vl_convert as vlc
from babel.dates import format_date
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

INK, SOFT, LINE = "#13302f", "#47605e", "#ddd6c6"
SERIES = ("#0d5c58", "#d08410", "#7a3f78", "#3f6fb0")
# Drawn as wide as a phone, so that the labels are read there; a desktop draws them larger.
WIDTH, HEIGHT, ROW_HEIGHT = 360, 210, 26
Locale = Literal["fr-FR", "en-GB"]

Points = Sequence[tuple[str, float | None]]


def day_label(day: date) -> str:
    """A day short enough for an axis: 7 juil. 26."""
    return format_date(day, "d MMM yy", locale=get_language() or "fr")


def month_label(day: date, year: str = "yy") -> str:
    """A month short enough for an axis: juil. 26."""
    return format_date(day, f"MMM {year}", locale=get_language() or "fr")


def columns(points: Points, unit: str = "") -> SafeString:
    """One upright bar per point, in the given order; the first field is its label."""
    chart = alt.Chart(_rows(points)).mark_bar(color=SERIES[0], cornerRadiusEnd=3)
    return _svg(
        chart.encode(
            x=alt.X("label:N", sort=None, title=None, axis=_upright()),
            y=alt.Y("value:Q", title=unit or None),
        ).properties(width=WIDTH, height=HEIGHT)
    )


def bars(points: Points, unit: str = "") -> SafeString:
    """One lying bar per point, in the given order, for long labels."""
    base = alt.Chart(_rows(points)).encode(
        x=alt.X("value:Q", title=unit or None),
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=240)),
    )
    numbers = base.mark_text(align="left", dx=5, color=INK).encode(text=alt.Text("value:Q"))
    chart = base.mark_bar(color=SERIES[0], cornerRadiusEnd=3) + numbers
    return _svg(chart.properties(width=WIDTH - 150, height=ROW_HEIGHT * max(len(points), 1)))


def lines(series: dict[str, Points], unit: str = "") -> SafeString:
    """One line per series over the same labels; missing values leave a gap."""
    rows = [
        {"series": name, "label": label, "value": value}
        for name, points in series.items()
        for label, value in points
    ]
    colour = alt.Color(
        "series:N",
        sort=None,
        scale=alt.Scale(domain=list(series), range=list(SERIES[: len(series)])),
        legend=alt.Legend(title=None, orient="top") if len(series) > 1 else None,
    )
    chart = alt.Chart(alt.Data(values=rows)).mark_line(point=alt.OverlayMarkDef(size=50))
    return _svg(
        chart.encode(
            x=alt.X("label:N", sort=None, title=None, axis=_upright()),
            y=alt.Y("value:Q", title=unit or None),
            color=colour,
        ).properties(width=WIDTH, height=HEIGHT)
    )


def against_target(
    points: Points, baseline: float, target: float, unit: str, words: tuple[str, str]
) -> SafeString:
    """Measurements over time between two rules: where it started and where it should arrive.

    `words` name the two rules (baseline, target).
    """
    values = [value for _label, value in points if value is not None]
    low, high = min([*values, baseline, target]), max([*values, baseline, target])
    room = (high - low or abs(high) or 1) * 0.2
    scale = alt.Scale(domain=[low - room, high + room], nice=True, zero=False)
    y = alt.Y("value:Q", title=unit or None, scale=scale)
    line = (
        alt.Chart(_rows(points))
        .mark_line(
            color=SERIES[0], strokeWidth=3, point=alt.OverlayMarkDef(size=70, color=SERIES[0])
        )
        .encode(x=alt.X("label:N", sort=None, title=None, axis=_upright()), y=y)
    )
    rules = [
        (alt.Chart(_rows([(word, level)])), colour, dash, align)
        for word, level, colour, dash, align in (
            (words[0], baseline, SOFT, [2, 4], "right"),
            (words[1], target, SERIES[1], [8, 4], "left"),
        )
    ]
    drawn = [
        chart.mark_rule(color=colour, strokeDash=dash, strokeWidth=2).encode(y=y)
        for chart, colour, dash, _align in rules
    ]
    # Each word stands where the line is far from its rule: it leaves the one for the other.
    named = [
        chart.mark_text(align=align, baseline="bottom", dy=-4, fontWeight="bold", color=INK).encode(
            y=y, x=alt.value(4 if align == "left" else WIDTH - 4), text="label:N"
        )
        for chart, _colour, _dash, align in rules
    ]
    return _svg(alt.layer(line, *drawn, *named).properties(width=WIDTH, height=HEIGHT))


def _upright() -> alt.Axis:
    """An axis of short labels; every other one where they do not all fit."""
    return alt.Axis(labelAngle=0, labelOverlap="parity")


def tradeoff(
    points: Sequence[tuple[float, float]], marks: Points, titles: tuple[str, str]
) -> SafeString:
    """A line through (x, y) shares from 0 to 1, with named points on it: (name, place in `points`).

    `titles` name the axes; the line is drawn in the given order.
    """
    rows = [{"x": x, "y": y, "order": n} for n, (x, y) in enumerate(points)]
    share = alt.Axis(format=".0%", tickCount=6)
    place = {
        axis: kind(f"{axis}:Q", title=title, axis=share, scale=alt.Scale(domain=[0, 1.05]))
        for (axis, kind), title in zip((("x", alt.X), ("y", alt.Y)), titles, strict=True)
    }
    line = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color=SERIES[0], strokeWidth=3)
        .encode(**place, order="order:Q")
    )
    named = [{**rows[int(at)], "label": name} for name, at in marks if at is not None and rows]
    base = alt.Chart(alt.Data(values=named)).encode(**place)
    dots = base.mark_point(filled=True, size=140, color=SERIES[1], opacity=1)
    words = base.mark_text(align="left", dx=10, dy=-10, fontWeight="bold", color=INK)
    drawn = alt.layer(line, dots, words.encode(text="label:N"))
    return _svg(drawn.properties(width=WIDTH - 60, height=HEIGHT + 40))


def _rows(points: Points) -> alt.Data:
    return alt.Data(values=[{"label": label, "value": value} for label, value in points])


def _svg(chart: Any) -> SafeString:
    styled = chart.configure(
        background="transparent",
        font="sans-serif",
        axis=alt.AxisConfig(
            labelColor=SOFT, titleColor=SOFT, labelFontSize=13, titleFontSize=13,
            titleFontWeight="normal", domainColor=LINE,
            gridColor=LINE, tickColor=LINE, labelPadding=6,
        ),
        axisX=alt.AxisConfig(grid=False),
        legend=alt.LegendConfig(labelColor=SOFT, labelFontSize=13),
        text=alt.MarkConfig(fontSize=13),
        view=alt.ViewConfig(stroke=None),
    )  # fmt: skip
    return _rendered(json.dumps(styled.to_dict()), "en-GB" if get_language() == "en" else "fr-FR")


@lru_cache(maxsize=512)
def _rendered(spec: str, locale: Locale) -> SafeString:
    svg = vlc.vegalite_to_svg(spec, format_locale=locale)
    # The labels are escaped by the renderer; nothing else of a person's typing gets in.
    return mark_safe(svg)  # noqa: S308
