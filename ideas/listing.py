"""The list of ideas as its address describes it: words, filters, order and place in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import cache
from django.db.models import BooleanField, Case, F, Model, QuerySet, Value, When
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Profession, Region, User
from ideas.models import Campaign, Channel, Idea, Moment, Theme
from search.find import Query
from search.models import FACETS

SIZE = 20
LONGEST_SEARCH = 200
SECONDS_KEPT = 60
Names = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Order:
    label: Any
    says: Any
    icon: str


ORDERS = {
    "relevance": Order(
        _("Closest to your search"),
        _("First the ideas that match your words, and those that say the same otherwise."),
        "search",
    ),
    "rising": Order(
        _("Rising"), _("First those that colleagues are backing these days."), "rising"
    ),
    "backed": Order(
        _("Best backed"),
        _(
            "First those backed by the largest share of the people who saw them: many places "
            "count more than many people of one place, and few viewers weigh little."
        ),
        "podium",
    ),
    "discover": Order(
        _("Discover"),
        _(
            "A draw of your own, new every day: ideas that few have seen come up more often, "
            "then those that their viewers back."
        ),
        "compass",
    ),
    "new": Order(_("Newest"), _("First those published last."), "clock"),
    "discussed": Order(_("Most discussed"), _("First those with the most comments."), "comments"),
}

FACET_LABELS = {
    "theme": (_("Theme"), "theme"),
    "moment": (_("Moment of truth"), "moment"),
    "campaign": (_("Campaign"), "megaphone"),
    "region": (_("Region"), "place"),
    "profession": (_("Profession"), "work"),
    "state": (_("Where it stands"), "flag"),
    "channel": (_("Channel"), "channel"),
}
_LISTED_STATES = (Idea.State.PUBLISHED, Idea.State.ADOPTED, Idea.State.DECLINED)


@dataclass(frozen=True)
class Taxonomy:
    """The words of every facet, by slug; and which campaigns are running."""

    names: Names
    running: frozenset[str]

    @classmethod
    def known(cls) -> "Taxonomy":
        """As it was a minute ago at most."""
        key = f"ideas.taxonomy:{get_language()}"
        taxonomy: Taxonomy | None = cache.get(key)
        if taxonomy is None:
            taxonomy = cls.load()
            cache.set(key, taxonomy, SECONDS_KEPT)
        return taxonomy

    @classmethod
    def load(cls) -> "Taxonomy":
        """In one query, whatever the number of facets."""
        today = timezone.localdate()
        english = get_language() == "en"
        running = Case(
            When(starts_on__lte=today, ends_on__gte=today, then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        title = F("title_en" if english else "title_fr")
        name = F("name_en" if english else "name_fr")
        parts = [
            _rows(Theme, "theme", name),
            _rows(Moment, "moment", name, F("position")),
            _rows(Channel, "channel", name),
            _rows(Profession, "profession", name),
            _rows(Region, "region", F("name")),
            _rows(Campaign, "campaign", title, running=running),
        ]
        names: Names = {facet: {} for facet in FACETS}
        live = set()
        for facet, slug, words, _position, runs in (
            parts[0].union(*parts[1:], all=True).order_by("position_in_facet", "words")
        ):
            names[facet][slug] = words
            if runs:
                live.add(slug)
        names["state"] = {state.value: str(capfirst(state.label)) for state in _LISTED_STATES}
        return cls(names, frozenset(live))


def _rows(
    model: type[Model],
    facet: str,
    words: F,
    position: Any = None,
    running: Any = None,
) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = (
        model._default_manager.order_by()
        .annotate(
            facet=Value(facet),
            words=words,
            position_in_facet=position or Value(0),
            runs=running or Value(False),
        )
        .values_list("facet", "slug", "words", "position_in_facet", "runs")
    )
    return rows


@dataclass(frozen=True)
class Listing:
    """One page of the list; every address of the page is made from it."""

    taxonomy: Taxonomy
    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    shown: int = 0

    @classmethod
    def asked(cls, get: QueryDict, taxonomy: Taxonomy) -> "Listing":
        """What the address asks for; words and filters that do not exist are left out."""
        filters = {
            name: [slug for slug in dict.fromkeys(get.getlist(name)) if slug in names]
            for name, names in taxonomy.names.items()
        }
        shown = get.get("shown", "")
        return cls(
            taxonomy,
            text=" ".join(get.get("q", "").replace("\0", " ").split())[:LONGEST_SEARCH],
            filters={name: slugs for name, slugs in filters.items() if slugs},
            sort=get.get("sort", "") if get.get("sort", "") in ORDERS else "",
            after=get.get("after", ""),
            shown=int(shown) if shown.isdecimal() and len(shown) < 8 else 0,
        )

    @property
    def order(self) -> str:
        """The order asked for, else the one that suits: a campaign deals its ideas out fairly."""
        if self.sort and (self.text or self.sort != "relevance"):
            return self.sort
        if self.text:
            return "relevance"
        campaigns = self.filters.get("campaign", ())
        return "discover" if self.taxonomy.running.intersection(campaigns) else "rising"

    def query(self, person: User) -> Query:
        return Query(
            text=self.text,
            filters=self.filters,
            order=self.order,
            after=self.after,
            size=SIZE,
            seed=f"{person.pk}:{timezone.localdate():%Y-%m-%d}",
        )

    def newest(self) -> Query:
        """The same for everybody, newest first."""
        return Query(text=self.text, filters=self.filters, order="new")

    @property
    def url(self) -> str:
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, slug) for name, slugs in self.filters.items() for slug in slugs]
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("after", self.after), ("shown", str(self.shown))] if self.after else []
        return reverse("ideas:list") + (f"?{urlencode(pairs)}" if pairs else "")

    def start(self, **changes: Any) -> "Listing":
        """The first page of the same list, with these changes."""
        return replace(self, after="", shown=0, **changes)

    def following(self, cursor: str, shown: int) -> "Listing":
        return replace(self, after=cursor, shown=shown)

    @property
    def narrows(self) -> bool:
        """Something was searched for: it is not the list of all ideas."""
        return bool(self.text or self.filters)

    @property
    def name(self) -> str:
        """The search in words: those typed, then those of the filters."""
        names = self.taxonomy.names
        chosen = [names[key][slug] for key, slugs in self.filters.items() for slug in slugs]
        return " · ".join([self.text, *chosen] if self.text else chosen)

    @property
    def query_string(self) -> str:
        """What follows the question mark in the address of its first page."""
        return self.start().url.partition("?")[2]

    @property
    def submit_url(self) -> str:
        """Where what was searched for and not found becomes an idea."""
        return f"{reverse('ideas:submit')}?{urlencode({'title': self.text})}"

    @property
    def clear_url(self) -> str | None:
        return self.start(filters={}).url if self.filters else None

    @property
    def active(self) -> int:
        return sum(len(slugs) for slugs in self.filters.values())

    def orders(self) -> list[dict[str, Any]]:
        return [
            {
                "label": order.label,
                "says": order.says,
                "icon": order.icon,
                "url": self.start(sort=name).url,
                "current": name == self.order,
            }
            for name, order in ORDERS.items()
            if self.text or name != "relevance"
        ]

    def chips(self) -> list[dict[str, str]]:
        """One for each word and filter that narrows the list, with the address without it."""
        quoted = gettext("“%(words)s”") % {"words": self.text}
        chips = [{"label": quoted, "url": self.start(text="").url}] if self.text else []
        for name, slugs in self.filters.items():
            for slug in slugs:
                rest = [other for other in slugs if other != slug]
                kept = {**self.filters, name: rest}
                url = self.start(filters={key: value for key, value in kept.items() if value}).url
                chips.append({"label": self.taxonomy.names[name][slug], "url": url})
        return chips

    def facets(self, counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
        """Every facet with its words, how many ideas each has, and which are chosen."""
        return [
            {
                "name": name,
                "label": label,
                "icon": icon,
                "options": [
                    {
                        "value": slug,
                        "label": words,
                        "count": counts.get(name, {}).get(slug, 0),
                        "selected": slug in self.filters.get(name, ()),
                    }
                    for slug, words in self.taxonomy.names[name].items()
                ],
            }
            for name, (label, icon) in FACET_LABELS.items()
            if self.taxonomy.names[name]
        ]
