"""The list of ideas as its address describes it: words, filters, order and place in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Case, F, Model, QuerySet, Value, When
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from accounts.models import Profession, Region, User
from ideas import authors
from ideas.models import Campaign, Channel, Idea, Moment, Theme
from ideas.narrowing import Doubt, narrowed
from pieces.memory import Memory
from search import operators
from search.find import Query
from search.models import FACETS

SIZE = 20
LONGEST_SEARCH = 200
MOST_AUTHORS = 20
SECONDS_KEPT = 60
Names = dict[str, dict[str, str]]
Called = dict[str, dict[str, list[str]]]


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


def orders(current: str, searched: bool, address: str) -> list[dict[str, Any]]:
    """The orders to choose from; one in which something was searched for has one more."""
    return [
        {
            "label": order.label,
            "says": order.says,
            "icon": order.icon,
            "url": f"{address}{name}",
            "current": name == current,
        }
        for name, order in ORDERS.items()
        if searched or name != "relevance"
    ]


FACET_LABELS = {
    "theme": (_("Theme"), "theme"),
    "moment": (_("Moment of truth"), "moment"),
    "campaign": (_("Campaign"), "megaphone"),
    "region": (_("Region"), "place"),
    "profession": (_("Profession"), "work"),
    "state": (_("Where it stands"), "flag"),
    "channel": (_("Channel"), "channel"),
}
LISTED_STATES = (Idea.State.PUBLISHED, Idea.State.ADOPTED, Idea.State.DECLINED)


@dataclass(frozen=True)
class Taxonomy:
    """The words of every facet, by slug; which campaigns are running; and all ways to say a word.

    What is typed may be in the other language, or the slug.
    """

    names: Names
    running: frozenset[str]
    called: Called

    @classmethod
    def known(cls) -> "Taxonomy":
        """As it was a minute ago at most."""
        return _known.get_or_make(get_language(), cls.load)

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
        title, name = ((f"{n}_fr", f"{n}_en")[:: -1 if english else 1] for n in ("title", "name"))
        parts = [
            _rows(Theme, "theme", name),
            _rows(Moment, "moment", name, F("position")),
            _rows(Channel, "channel", name),
            _rows(Profession, "profession", name),
            _rows(Region, "region", ("name", "name")),
            _rows(Campaign, "campaign", title, running=running),
        ]
        names: Names = {facet: {} for facet in FACETS}
        called: Called = {facet: {} for facet in FACETS}
        live = set()
        for facet, slug, words, translated, _position, runs in (
            parts[0].union(*parts[1:], all=True).order_by("position_in_facet", "words")
        ):
            names[facet][slug] = words
            called[facet][slug] = [words, translated, slug]
            if runs:
                live.add(slug)
        names["state"] = _states()
        called["state"] = {state: [state] for state in names["state"]}
        for language in ("fr", "en"):
            with override(language):
                for state, words in _states().items():
                    called["state"][state].append(words)
        return cls(names, frozenset(live), called)


_known = Memory[Taxonomy](len(settings.LANGUAGES), SECONDS_KEPT)


def _states() -> dict[str, str]:
    return {state.value: str(capfirst(state.label)) for state in LISTED_STATES}


def _rows(
    model: type[Model],
    facet: str,
    words: tuple[str, ...],
    position: Any = None,
    running: Any = None,
) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = (
        model._default_manager.order_by()
        .annotate(
            facet=Value(facet),
            words=F(words[0]),
            translated=F(words[1]),
            position_in_facet=position or Value(0),
            runs=running or Value(False),
        )
        .values_list("facet", "slug", "words", "translated", "position_in_facet", "runs")
    )
    return rows


@dataclass(frozen=True)
class Listing:
    """One page of the list; every address of the page is made from it.

    `text` stands in the search box, with the operators that could not be followed: `doubts`.
    `typed` are those that became filters: this list has another address than it was asked by.
    """

    taxonomy: Taxonomy
    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    shown: int = 0
    typed: bool = False
    doubts: Sequence[Doubt] = ()

    @classmethod
    def asked(cls, get: QueryDict, taxonomy: Taxonomy) -> "Listing":
        """What the address asks for; words and filters that do not exist are left out."""
        text = " ".join(get.get("q", "").replace("\0", " ").split())[:LONGEST_SEARCH]
        words, typed = operators.separated(text)
        chosen = {
            name: [slug for slug in dict.fromkeys(get.getlist(name)) if slug in names]
            for name, names in taxonomy.names.items()
        }
        chosen["author"] = list(dict.fromkeys(get.getlist("author")))[:MOST_AUTHORS]
        became = narrowed(typed, chosen, taxonomy.names, taxonomy.called)
        kept = [doubt.operator.typed for doubt in became.doubts]
        shown = get.get("shown", "")
        people = became.chosen.pop("author")
        return cls(
            taxonomy,
            text=" ".join([*kept, words]).strip() if typed else text,
            filters={name: slugs for name, slugs in became.chosen.items() if slugs},
            authors=authors.known(people) if people else {},
            typed=len(kept) < len(typed),
            doubts=became.doubts,
            sort=get.get("sort", "") if get.get("sort", "") in ORDERS else "",
            after=get.get("after", ""),
            shown=int(shown) if shown.isdecimal() and len(shown) < 8 else 0,
        )

    @property
    def words(self) -> str:
        """What is searched for in the texts."""
        return operators.separated(self.text)[0]

    @property
    def searched(self) -> bool:
        return bool(self.words)

    @property
    def order(self) -> str:
        """The order asked for, else the one that suits: a campaign deals its ideas out fairly."""
        words = self.words
        if self.sort and (words or self.sort != "relevance"):
            return self.sort
        if words:
            return "relevance"
        campaigns = self.filters.get("campaign", ())
        return "discover" if self.taxonomy.running.intersection(campaigns) else "rising"

    def query(self, person: User) -> Query:
        return Query(
            text=self.words,
            filters=self.filters,
            only=self._only(),
            order=self.order,
            after=self.after,
            size=SIZE,
            seed=f"{person.pk}:{timezone.localdate():%Y-%m-%d}",
        )

    def newest(self) -> Query:
        """The same for everybody, newest first."""
        return Query(text=self.words, filters=self.filters, only=self._only(), order="new")

    def _only(self) -> list[str] | None:
        return authors.ideas_of(self.authors) if self.authors else None

    @property
    def url(self) -> str:
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, slug) for name, slugs in self.filters.items() for slug in slugs]
        pairs += [("author", key) for key in self.authors]
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("after", self.after), ("shown", str(self.shown))] if self.after else []
        return reverse("ideas:list") + (f"?{urlencode(pairs)}" if pairs else "")

    def start(self, **changes: Any) -> "Listing":
        """The first page of the same list, with these changes."""
        return replace(self, **{"after": "", "shown": 0, **changes})

    def following(self, cursor: str, shown: int) -> "Listing":
        return replace(self, after=cursor, shown=shown)

    @property
    def narrows(self) -> bool:
        """Something was searched for: it is not the list of all ideas."""
        return bool(self.words or self.filters or self.authors)

    @property
    def name(self) -> str:
        """The search in words: those typed, then those of the filters."""
        names = self.taxonomy.names
        chosen = [names[key][slug] for key, slugs in self.filters.items() for slug in slugs]
        chosen += self.authors.values()
        return " · ".join([self.words, *chosen] if self.words else chosen)

    @property
    def query_string(self) -> str:
        """What follows the question mark in the address of its first page, without doubts."""
        return self.start(text=self.words).url.partition("?")[2]

    @property
    def submit_url(self) -> str:
        """Where what was searched for and not found becomes an idea."""
        return f"{reverse('ideas:submit')}?{urlencode({'title': operators.plain(self.words)})}"

    @property
    def exact_url(self) -> str:
        """The same search for just these words, none of them put right."""
        return self.start(text=operators.exactly(self.words)).url

    @property
    def clear_url(self) -> str | None:
        return self.start(filters={}, authors={}).url if self.active else None

    @property
    def active(self) -> int:
        return sum(len(slugs) for slugs in self.filters.values()) + len(self.authors)

    @property
    def order_address(self) -> str:
        """The same list in another order, whose name follows."""
        url = self.start(sort="").url
        return f"{url}{'&' if '?' in url else '?'}sort="

    def chips(self) -> list[dict[str, str]]:
        """One for each word and filter that narrows the list, with the address without it."""
        words = self.words
        quoted = gettext("“%(words)s”") % {"words": words}
        chips = [{"label": quoted, "url": self.start(text="").url}] if words else []
        for name, slugs in self.filters.items():
            for slug in slugs:
                rest = [other for other in slugs if other != slug]
                kept = {**self.filters, name: rest}
                url = self.start(filters={key: value for key, value in kept.items() if value}).url
                chips.append({"label": self.taxonomy.names[name][slug], "url": url})
        for key, person in self.authors.items():
            rest_of_them = {other: name for other, name in self.authors.items() if other != key}
            label = gettext("Signed by %(person)s") % {"person": person}
            chips.append({"label": label, "url": self.start(authors=rest_of_them).url})
        return chips

    def told(self) -> list[dict[str, Any]]:
        """What is said beside the search box of each operator that could not be followed."""
        return [
            {
                "says": doubt.says,
                "before": doubt.before_near,
                "near": [
                    {"label": name, "url": self._instead(doubt, key).url}
                    for key, name in doubt.near.items()
                ],
            }
            for doubt in self.doubts
        ]

    def _instead(self, doubt: Doubt, key: str) -> "Listing":
        """The list with what may have been meant, in place of what was typed."""
        about = doubt.operator.about
        kept = [other.operator.typed for other in self.doubts if other is not doubt]
        text = " ".join([*kept, self.words])
        if about == "author":
            return self.start(text=text.strip(), authors={**self.authors, key: doubt.near[key]})
        chosen = dict.fromkeys([*self.filters.get(about, ()), key])
        if doubt.operator.unwanted:
            chosen = {slug: None for slug in self.taxonomy.names[about] if slug != key}
        return self.start(text=text.strip(), filters={**self.filters, about: list(chosen)})

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
