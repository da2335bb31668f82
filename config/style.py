"""What the style page shows: made-up samples, in the shapes that the components expect.

They are French, like the ideas: text of that page stays out of the catalogues, where it would
stand in for words of the real pages.
"""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(
        label="Titre",
        max_length=120,
        help_text="En quelques mots, que faut-il changer ?",
    )
    text = forms.CharField(
        label="Votre idée",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
    )
    theme = forms.ChoiceField(
        label="Thème",
        choices=[
            ("", "Choisissez un thème"),
            ("waiting", "Attente"),
            ("parcels", "Colis"),
        ],
    )
    moment = forms.ChoiceField(
        label="Moment",
        choices=[
            ("welcome", "Accueil"),
            ("waiting", "Attente"),
            ("delivery", "Distribution"),
        ],
        widget=forms.RadioSelect,
        required=False,
    )
    photo = forms.FileField(
        label="Photo",
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        required=False,
    )
    anonymous = forms.BooleanField(
        label="Proposer sans mon nom",
        help_text="Personne ne voit qui l’a écrite, pas même les modérateurs.",
        required=False,
    )


def _states() -> list[tuple[str, str]]:
    return [
        ("submitted", "Proposée"),
        ("needs-details", "Précisions demandées"),
        ("published", "Publiée"),
        ("adopted", "Adoptée"),
        ("declined", "Non retenue"),
        ("merged", "Regroupée"),
        ("withdrawn", "Retirée"),
    ]


def _stops() -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "title": "Proposée",
            "when": now - timedelta(days=24, hours=3),
            "by": "Maëlle Le Goff",
            "icon": "event-submitted",
        },
        {
            "title": "Précisions demandées",
            "when": now - timedelta(days=23),
            "by": "Bastien Roche",
            "icon": "event-details-asked",
            "text": "Pouvez-vous préciser à quelle heure la file est la plus longue ?",
        },
        {
            "title": "Publiée",
            "when": now - timedelta(days=22),
            "by": "Bastien Roche",
            "icon": "event-published",
        },
        {
            "title": "À l’étude chez les responsables des guichets",
            "icon": "eye",
            "stop": "current",
        },
        {"title": "Réponse", "icon": "event-adopted", "stop": "next"},
    ]


def _similar() -> list[dict[str, Any]]:
    return [
        {
            "title": "Un siège pour les clients qui attendent longtemps",
            "url": "#similar",
            "state": "published",
            "state_label": "Publiée",
            "votes": 48,
            "percent": 86,
            "why": ["file d’attente", "rester debout", "même thème"],
            "back_url": "#similar",
        },
        {
            "title": "Afficher le temps d’attente à l’entrée du bureau",
            "url": "#similar",
            "state": "adopted",
            "state_label": "Adoptée",
            "votes": 312,
            "percent": 61,
            "why": ["attente", "guichet"],
        },
    ]


def _ideas() -> list[dict[str, Any]]:
    return [
        {
            "title": "Prévenir le client par texto quand le facteur est à dix minutes",
            "text": "Beaucoup d’avis de passage pourraient être évités : le client est chez lui, "
            "mais au fond du jardin. Un message suffit pour qu’il s’approche.",
            "state": "published",
            "state_label": "Publiée",
            "theme": "Avis de passage",
            "place": "Plateforme de Quimper",
            "votes": 128,
            "comments": 14,
            "voted": True,
        },
        {
            "title": "Une file pour les retraits de colis le samedi matin",
            "text": "Le samedi, neuf personnes sur dix viennent chercher un colis et attendent "
            "derrière les opérations longues.",
            "state": "adopted",
            "state_label": "Adoptée",
            "theme": "Attente",
            "place": "Bureau de Rodez",
            "votes": 1204,
            "comments": 63,
            "voted": False,
        },
    ]


def _facets() -> list[dict[str, Any]]:
    themes = [("waiting", "Attente", 1204), ("parcels", "Colis", 986), ("rounds", "Tournées", 0)]
    return [
        {
            "name": "theme",
            "label": "Thème",
            "icon": "theme",
            "options": [
                {"value": value, "label": label, "count": count, "selected": value == "parcels"}
                for value, label, count in themes
            ],
        },
        {
            "name": "state",
            "label": "État",
            "icon": "flag",
            "options": [
                {"value": state, "label": label, "count": 310 // rank, "selected": False}
                for rank, (state, label) in enumerate(_states()[:4], start=1)
            ],
        },
    ]


def _orders() -> list[dict[str, Any]]:
    return [
        {
            "label": "En hausse",
            "says": "Ce que beaucoup ont soutenu ces derniers temps.",
            "icon": "rising",
            "url": "#order",
            "current": True,
        },
        {
            "label": "Les mieux soutenues",
            "says": "Ce qu’ont le plus souvent soutenu ceux qui l’ont vu.",
            "icon": "podium",
            "url": "#order",
        },
        {
            "label": "À découvrir",
            "says": "Un tirage du jour, pour que chaque idée ait sa chance.",
            "icon": "compass",
            "url": "#order",
        },
        {
            "label": "Nouvelles",
            "says": "Les plus récentes d’abord.",
            "icon": "clock",
            "url": "#order",
        },
    ]


def _plot() -> str:
    """Minutes of waiting per month: before and after a pilot."""
    minutes = [14, 15, 13, 14, 9, 7, 6, 5]
    bars = "".join(
        f'<rect class="plot__bar{" plot__bar--before" if i < 4 else ""}" x="{40 + i * 66}"'
        f' y="{180 - m * 10}" width="44" height="{m * 10}" rx="5"/>'
        f'<text x="{62 + i * 66}" y="{172 - m * 10}" text-anchor="middle">{m}</text>'
        for i, m in enumerate(minutes)
    )
    lines = "".join(
        f'<path class="plot__grid" d="M30 {180 - 50 * i}.5h540"/>'
        f'<text x="24" y="{184 - 50 * i}" text-anchor="end">{5 * i}</text>'
        for i in range(4)
    )
    months = "".join(
        f'<text x="{62 + i * 66}" y="202" text-anchor="middle">{i + 1:02}</text>' for i in range(8)
    )
    return mark_safe(  # noqa: S308 - made of numbers only
        f'<svg class="plot" viewBox="0 0 580 210">{lines}{bars}{months}</svg>'
    )


def samples() -> dict[str, Any]:
    """The context of the style page."""
    bound = SampleForm({"title": "", "text": "x" * 610, "theme": "", "moment": "welcome"})
    home = reverse("home")
    sprite = settings.BASE_DIR / "static" / "icons.svg"
    return {
        "tokens": [
            *("paper", "surface", "surface-sunken", "line", "ink", "ink-soft"),
            *("primary", "primary-soft", "accent", "accent-soft", "danger", "success"),
            *("info", "plum", "clay", "band"),
        ],
        "icons": re.findall(r'id="((?!state-|event-|toast-)[a-z-]+)"', sprite.read_text()),
        "states": _states(),
        "sample_form": SampleForm(prefix="sample"),
        "bound_form": bound,
        "ideas": _ideas(),
        "facets": _facets(),
        "orders": _orders(),
        "similar": _similar(),
        "stops": _stops(),
        "route_stops": [
            {"label": "Proposée", "stop": "done"},
            {"label": "Publiée", "stop": "done"},
            {"label": "À l’étude", "stop": "current", "icon": "eye"},
            {"label": "Réponse", "stop": "next"},
            {"label": "Projet", "stop": "next"},
        ],
        "route_ended": [
            {"label": "Proposée", "stop": "done"},
            {"label": "Publiée", "stop": "done"},
            {"label": "Non retenue", "stop": "ended", "icon": "minus"},
        ],
        "trail": [
            {"label": "Accueil", "url": home},
            {"label": "Idées", "url": home},
        ],
        "tabs": [
            {"label": "À traiter", "url": "#tabs", "count": 128, "current": True},
            {"label": "En attente de l’auteur", "url": "#tabs", "count": 9},
            {"label": "Traitées", "url": "#tabs"},
        ],
        "columns": [
            {"label": "Thème"},
            {"label": "Idées", "numeric": True},
            {"label": "Votes", "numeric": True},
        ],
        "rows": [["Attente", "1 204", "18 450"], ["Colis", "986", "12 008"]],
        "total": ["Total", "2 190", "30 458"],
        "plot": _plot(),
        "plot_alt": "De 14 minutes en janvier à 5 minutes en août",
        "ends": timezone.now() + timedelta(days=19),
        "levels": ["success", "info", "warning", "error"],
    }
