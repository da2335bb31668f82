"""The pages of those who administer search, side by side."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from search.check import Check

ADMINISTERS_SEARCH = "ideas.administer_search"
# Address, words, icon.
PAGES = (
    ("ideas:search_state", _("State of search"), "search"),
    ("triage:thresholds", _("Similarity thresholds"), "merge"),
    ("wagtailsnippets_search_synonyms:list", _("Words that mean the same"), "link"),
)
DIFFERENCES = {
    "missing": _("Missing from the index"),
    "outdated": _("Outdated in the index"),
    "superfluous": _("Too many in the index"),
    "unanalysed": _("With words of an older analysis"),
}


def tabs(current: str) -> list[dict[str, Any]]:
    """What components/tabs.html shows."""
    return [
        {"label": label, "url": reverse(name), "icon": icon, "current": name == current}
        for name, label, icon in PAGES
    ]


def differences(check: Check | None) -> list[dict[str, Any]]:
    """How much differs in which way, with some of the ideas; after a repair, what is left."""
    last = (check.left or check.found) if check else None
    return [
        {
            "label": label,
            "count": last[kind],
            "ideas": [
                {"reference": f"T-{int(key):06d}", "url": reverse("ideas:detail", args=[key])}
                for key in last["examples"].get(kind, ())
                if key.isdecimal()
            ],
        }
        for kind, label in DIFFERENCES.items()
        if last
    ]
