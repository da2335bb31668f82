from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.trends import days_to_answer, may_show, month_name, month_starts

PARIS = ZoneInfo("Europe/Paris")


def test_months_end_with_the_present_one():
    starts = month_starts(datetime(2026, 1, 15, tzinfo=UTC), 3, PARIS)
    assert [month_name(start) for start in starts] == ["2025-11", "2025-12", "2026-01", "2026-02"]


def test_months_are_those_of_paris_not_of_greenwich():
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert month_name(month_starts(new_year, 1, PARIS)[0]) == "2026-01"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 24))
def test_the_present_moment_is_in_the_last_month(now, months):
    now = now.replace(tzinfo=UTC)
    starts = month_starts(now, months, PARIS)
    assert len(starts) == months + 1
    assert starts == sorted(set(starts))
    assert starts[-2] <= now < starts[-1]


def test_the_median_is_in_days():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    pairs = [(start, start + timedelta(days=days)) for days in (1, 2, 30)]
    assert days_to_answer(pairs) == 2.0
    assert days_to_answer([]) is None


@pytest.mark.parametrize(("people", "shown"), [(0, True), (1, False), (4, False), (5, True)])
def test_cells_of_fewer_than_five_people_are_not_shown(people, shown):
    assert may_show(people) is shown
