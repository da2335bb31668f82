"""How good the scorer is, and from which probabilities on pairs are shown."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from charts import tradeoff
from ideas.administration import ADMINISTERS_SEARCH, tabs
from ideas.triage import proposals
from ideas.triage.forms import ThresholdsForm
from ideas.views.reading import person
from search.calibration import Thresholds, details, scorer
from search.evaluation import Point, at
from search.similarity import BANDS
from search.tasks import regroup_duplicates

LEVELS = tuple(reversed(BANDS))
# Rows of the table under the chart.
STEPS = [level / 100 for level in range(95, 0, -5)]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADMINISTERS_SEARCH, raise_exception=True)
def thresholds(request: HttpRequest) -> HttpResponse:
    """The curve with three levels on it; those of the address are tried, those sent are taken."""
    if request.method == "POST":
        form = ThresholdsForm(request.POST)
        if form.is_valid():
            Thresholds.choose(person(request), **form.levels())
            proposals.count_again()
            regroup_duplicates.delay_on_commit()  # type: ignore[attr-defined]
            messages.success(request, _("These thresholds hold from now on."))
            return redirect("triage:thresholds")
        return _page(request, form, 422)
    tried = ThresholdsForm(request.GET) if set(LEVELS) <= request.GET.keys() else None
    return _page(request, tried or ThresholdsForm(initial=_present()))


def _present() -> dict[str, float]:
    return {band: round(100 * scorer().least(band), 1) for band in LEVELS}


def _page(request: HttpRequest, form: ThresholdsForm, status: int = 200) -> HttpResponse:
    name, fit = details()
    curve = [Point(*row) for row in fit.get("curve", [])]
    tried = form.is_bound and form.is_valid()
    levels = form.levels() if tried else {band: scorer().least(band) for band in LEVELS}
    history = Thresholds.objects.filter(scorer=name).select_related("chosen_by").order_by("-pk")
    context = {
        "tabs": tabs("triage:thresholds"),
        "form": form,
        "fit": fit,
        "made": date.fromisoformat(fit["made"]) if "made" in fit else None,
        "tried": tried,
        "judged": sum(row["pairs"] for row in fit.get("scale", [])),
        "levels": [(form[band], at(curve, levels[band])) for band in LEVELS],
        "chart": _chart(curve, levels, {band: form[band].label for band in LEVELS}),
        "history": history[:10],
        "good": fit.get("cross-validated", {}),
    }
    return render(request, "ideas/triage/thresholds.html", context, status=status)


def _chart(curve: list[Point], levels: dict[str, float], names: dict[str, Any]) -> dict[str, Any]:
    """What components/chart.html shows."""
    places = [(point.recall, point.precision) for point in curve]
    marks = [(str(names[band]), _index(curve, level)) for band, level in levels.items()]
    titles = (_("Duplicates that are found"), _("Flagged pairs that are right"))
    rows = [(step, at(curve, step)) for step in STEPS]
    return {
        "title": _("What a threshold gives"),
        "says": _("The lower the threshold, the more is found, and the more of it is wrong."),
        "svg": tradeoff(places, marks, titles) if curve else "",
        "columns": [
            {"label": _("Threshold"), "numeric": True},
            {"label": _("Right, of what is flagged"), "numeric": True},
            {"label": _("Found, of all duplicates"), "numeric": True},
            {"label": _("Pairs flagged"), "numeric": True},
        ],
        "rows": [
            [_share(step), _share(point.precision), _share(point.recall), point.flagged]
            for step, point in rows
            if point
        ],
    }


def _index(curve: list[Point], level: float) -> int | None:
    """The place of the point that a level gives."""
    point = at(curve, level)
    return curve.index(point) if point else None


def _share(value: float) -> str:
    return _("%(share)s%%") % {"share": number_format(100 * value, 0)}
