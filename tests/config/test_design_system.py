"""What the design system promises: contrast, icons that exist, a page and a catalogue of it all."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.models import User

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static/css/tokens.css").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COLOUR = re.compile(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
GROUNDS = ["paper", "surface", "surface-raised", "surface-sunken"]
HUES = ["primary", "danger", "success", "info", "plum", "clay"]
PAIRS = [
    *((ink, ground, 4.5) for ink in ["ink", "ink-soft", "accent-ink", *HUES] for ground in GROUNDS),
    *((hue, f"{hue}-soft", 4.5) for hue in HUES),
    *(("ink", f"{hue}-soft", 4.5) for hue in HUES),
    ("accent-ink", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5),
    ("on-primary", "primary", 4.5),
    ("on-primary", "primary-strong", 4.5),
    ("on-danger", "danger", 4.5),
    ("on-band", "band", 4.5),
    ("on-band-soft", "band", 4.5),
    ("ink", "mark", 4.5),
    *(("line-strong", ground, 3) for ground in GROUNDS[:3]),
    *(("focus", ground, 3) for ground in GROUNDS),
]


def colours(theme: str) -> dict[str, str]:
    return {
        name: both or (light if theme == "light" else dark)
        for name, light, dark, both in COLOUR.findall(CSS)
    }


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2, 0 to 1, of a colour written #rrggbb."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_controls_stand_out_enough(theme: str) -> None:
    palette = colours(theme)
    faint = []
    for ink, ground, least in PAIRS:
        low, high = sorted([luminance(palette[ink]), luminance(palette[ground])])
        ratio = (high + 0.05) / (low + 0.05)
        if ratio < least:
            faint.append(f"{ink} on {ground}: {ratio:.2f}")
    assert faint == []


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'id="([\w-]+)"', (ROOT / "static/icons.svg").read_text()))
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'icon\.html" with name="([\w-]+)"(?!\|add)', path.read_text())
    }
    assert named - drawn == set()


def test_no_template_of_ours_has_inline_style_or_script() -> None:
    inline = re.compile(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)(?![^>]*nonce)")
    assert [str(path) for path in TEMPLATES if inline.search(path.read_text())] == []


def test_every_component_is_in_the_catalogue() -> None:
    catalogue = (ROOT / "docs/design-system.md").read_text()
    names = {path.name for path in (ROOT / "templates/components").glob("*.html")}
    assert {name for name in names if f"`{name}`" not in catalogue} == set()


@pytest.mark.django_db
def test_the_style_page_opens_for_anybody(client: Client) -> None:
    page = client.get("/style/").content.decode()
    shown = set(re.findall(r'<section class="sample" id="(\w+)"', page))
    assert shown >= {"colours", "fields", "ideas", "route", "messages", "figures"}


@pytest.mark.parametrize("code", ["403", "403_csrf", "404", "413", "429", "500"])
def test_an_error_page_needs_neither_request_nor_database(code: str) -> None:
    assert "<h1>" in render_to_string(f"{code}.html")


@pytest.mark.django_db
def test_whoever_is_lost_keeps_the_way_elsewhere(client: Client, postwoman: User) -> None:
    client.force_login(postwoman)
    page = client.get("/idees/999999999/")
    assert page.status_code == 404
    assert reverse("ideas:mine") in page.content.decode()
    assert 'class="bottombar"' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_reset_password", "account_login"])
def test_pages_of_accounts_are_made_of_our_components(client: Client, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert 'class="form card"' in page
    assert 'class="field__label"' in page
    assert "button--primary" in page


@pytest.mark.django_db
def test_the_photo_control_speaks_the_language_of_the_page(client: Client, postwoman: User) -> None:
    client.force_login(postwoman)
    assert "Choisir une photo" in client.get(reverse("ideas:submit")).content.decode()
    client.cookies["django_language"] = "en"
    assert "Choose a photo" in client.get(reverse("ideas:submit")).content.decode()
