"""What an operator can set is what the documentation lists."""

import re

from django.conf import settings

SETTINGS = settings.BASE_DIR / "config" / "settings.py"
OPERATIONS = settings.BASE_DIR / "docs" / "operations.md"


def test_the_table_lists_every_variable():
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', SETTINGS.read_text()))
    table = OPERATIONS.read_text().partition("### Settings\n")[2].partition("\n### ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == read
