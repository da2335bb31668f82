import csv

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reports.models import PERIODS, TrendReport
from reports.presentation import TABLES, charts_of, table

may_read = permission_required("reports.view_trendreport", raise_exception=True)


def _months(request: HttpRequest) -> int:
    given = request.GET.get("months", "") or request.POST.get("months", "")
    return int(given) if given in map(str, PERIODS) else max(PERIODS)


@may_read
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What staff said over the last months, and what was answered."""
    months = _months(request)
    report = TrendReport.current(months)
    context = {
        "report": report,
        "months": months,
        "periods": PERIODS,
        "totals": _totals(report),
        "charts": charts_of(report),
    }
    return render(request, "reports/overview.html", context)


def _totals(report: TrendReport) -> dict[str, int]:
    rows = report.table("months")
    sums = {field: sum(row[field] for row in rows) for field in ("ideas", "votes", "answers")}
    return {**sums, "people": report.data["people"], "waiting": report.data["waiting"]}


@may_read
@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Count again now instead of waiting for the hour."""
    months = _months(request)
    TrendReport.make(months)
    response = redirect("reports:overview")
    response["Location"] += f"?months={months}"
    return response


@may_read
@require_safe
def table_csv(request: HttpRequest, table_name: str) -> HttpResponse:
    """One table of the report for a spreadsheet: semicolons and a byte order mark, as French
    spreadsheets expect; no cell is taken for a formula, since none is a person's text."""
    if table_name not in TABLES:
        raise Http404
    report = TrendReport.current(_months(request))
    found = table(report, table_name)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"tournee-{table_name}-{report.made_at:%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response, delimiter=";")
    writer.writerow(column["label"] for column in found.columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in found.rows)
    return response
