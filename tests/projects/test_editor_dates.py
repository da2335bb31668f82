"""Days in the editor are written as people write them, in either language."""

from datetime import date

import pytest
from django.forms import DateField
from django.utils import translation
from wagtail.admin.widgets import AdminDateInput


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("typed", ["03/11/2026", "2026-11-03"])
def test_the_editor_shows_and_reads_the_day_before_the_month(language, typed):
    with translation.override(language):
        assert DateField().clean(typed) == date(2026, 11, 3)
        assert 'value="03/11/2026"' in AdminDateInput().render("day", date(2026, 11, 3))
