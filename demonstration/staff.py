"""The fictional staff of the demonstration, and the accounts that visitors sign in with."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Entity, Profession, User
from accounts.roles import ADMINISTRATOR, EXPERT, MANAGER, MODERATOR, PROJECT_LEAD

DATA = Path(__file__).parent / "data"
PASSWORD = "tournee-demo"  # noqa: S105 - printed on purpose, for fictional accounts only
BATCH = 2_000


@dataclass(frozen=True)
class Part:
    """An account of the demonstration: its user name, who plays it, and what it shows."""

    username: str
    first_name: str
    last_name: str
    role: str
    profession: str
    entity: str
    label: StrOrPromise
    shows: StrOrPromise

    @property
    def initials(self) -> str:
        return self.first_name[0] + self.last_name[0]


CAST = (
    Part(
        "awa", "Awa", "Le Goff", "", "letter-carrier", "35-REN-DC",
        _("Letter carrier"), _("Submit, back and follow ideas"),
    ),
    Part(
        "mona", "Mona", "Petit", MODERATOR, "back-office", "",
        _("Moderator"), _("Answer, merge and adopt ideas"),
    ),
    Part(
        "elias", "Élias", "Roche", EXPERT, "technician", "",
        _("Expert"), _("Read the ideas of one’s field"),
    ),
    Part(
        "paul", "Paul", "Nguyen", PROJECT_LEAD, "team-manager", "29-QUI-BP",
        _("Project lead"), _("Complete and publish project pages"),
    ),
    Part(
        "marie", "Marie", "Duval", MANAGER, "team-manager", "",
        _("Manager"), _("Read the trends and export them"),
    ),
    Part(
        "adele", "Adèle", "Roux", ADMINISTRATOR, "back-office", "",
        _("Administrator"), _("Keep themes, campaigns and accounts"),
    ),
)  # fmt: skip


def create_cast() -> list[User]:
    entities = {entity.code: entity for entity in Entity.objects.all()}
    head_office = next(e for e in entities.values() if e.kind == Entity.Kind.HEAD_OFFICE)
    professions = {profession.slug: profession for profession in Profession.objects.all()}
    people = []
    for part in CAST:
        person = User.objects.create_user(
            part.username,
            f"{part.username}@tournee.example",
            PASSWORD,
            first_name=part.first_name,
            last_name=part.last_name,
            entity=entities.get(part.entity, head_office),
            profession=professions[part.profession],
        )
        if part.role:
            person.groups.add(Group.objects.get(name=part.role))
        people.append(person)
    return people


def create_staff(count: int, rng: random.Random) -> list[int]:
    """Create `count` colleagues spread over places and professions; answers with their keys."""
    names = json.loads((DATA / "people.json").read_text("utf-8"))
    entities = list(Entity.objects.all())
    professions = list(Profession.objects.all())
    nobody_signs_in = make_password(None)
    keys: list[int] = []
    for start in range(0, count, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, count)):
            first, last = rng.choice(names["given_names"]), rng.choice(names["family_names"])
            username = f"{slugify(first)}.{slugify(last)}.{number:06d}"
            batch.append(
                User(
                    username=username,
                    email=f"{username}@tournee.example",
                    password=nobody_signs_in,
                    first_name=first,
                    last_name=last,
                    # A few large places, many small ones.
                    entity=entities[int(len(entities) * rng.betavariate(0.9, 1.6))],
                    profession=rng.choice(professions),
                )
            )
        keys += [person.pk for person in User.objects.bulk_create(batch)]
    return keys
