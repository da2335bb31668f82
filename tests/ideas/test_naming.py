"""What a name means among known ones."""

import pytest

from ideas.naming import Meant, meant

THEMES = {
    "parcels": ["Colis", "Parcels", "parcels"],
    "working-conditions": ["Conditions de travail", "Working conditions", "working-conditions"],
    "notices": ["Avis de passage", "Delivery notices", "notices"],
    "notice-boards": ["Affichage", "Notice boards", "notice-boards"],
    "ile": ["Île-de-France", "Île-de-France", "ile"],
}


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("colis", "parcels"),
        ("COLIS", "parcels"),
        ("parcels", "parcels"),
        ("conditions de travail", "working-conditions"),
        ("conditions-de-travail", "working-conditions"),
        ("working", "working-conditions"),
        ("cond", "working-conditions"),
        ("ile de france", "ile"),
        ("notices", "notices"),
    ],
)
def test_a_label_of_either_language_a_slug_or_a_unique_beginning_suffices(value, key):
    assert meant(value, THEMES) == Meant(key)


def test_a_beginning_of_several_names_them():
    assert meant("notice", THEMES) == Meant(near=["notices", "notice-boards"], several=True)


@pytest.mark.parametrize(
    ("value", "near"),
    [("travail", ["working-conditions"]), ("colys", ["parcels"]), ("xylophone", [])],
)
def test_what_nothing_is_called_comes_with_names_near_it(value, near):
    assert meant(value, THEMES) == Meant(near=near)
