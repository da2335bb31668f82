"""Whose ideas are asked for: people who have signed an idea that every colleague may read.

An anonymous idea has no author in its row, so nothing here can tell whose it is: it is in no
answer, and who has written nothing else is as unknown as who has written nothing at all.
"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from accounts.models import User
from ideas.models import Idea
from ideas.naming import Meant, meant, simple

# So many ideas of the people asked for are looked at, the newest; and so many people of a name.
MOST_IDEAS, MOST_PEOPLE = 1000, 20
_VARIANTS = {
    "a": "àáâäãå", "c": "ç", "e": "èéêë", "i": "ìíîï", "n": "ñ", "o": "òóôöõ", "u": "ùúûü",
    "y": "ÿý",
}  # fmt: skip


def signing() -> QuerySet[User]:
    signed = Idea.objects.visible().filter(author=OuterRef("pk"))
    return User.objects.filter(Exists(signed)).order_by("last_name", "first_name", "pk")


def known(keys: Iterable[str]) -> dict[str, str]:
    """The names of these people, without those who have signed nothing."""
    asked = [int(key) for key in keys if key.isdecimal() and len(key) < 10]
    found = {str(person.pk): str(person) for person in signing().filter(pk__in=asked)}
    return {str(key): found[str(key)] for key in asked if str(key) in found}


def called(name: str) -> tuple[Meant, dict[str, str]]:
    """Who is meant by a name, its beginning, or a user name; and how to tell several apart."""
    people = signing().select_related("entity")
    # Not `iexact`: no index serves it, and staff numbers are written in one case.
    exact = people.filter(username__in=[name, name.lower(), name.upper()]).first()
    found = [exact] if exact else list(_named(people, simple(name).split())[:MOST_PEOPLE])
    names = {str(one.pk): [] if exact else _ways(one) for one in found}
    labels = {
        str(one.pk): f"{one} ({one.entity})" if one.entity and len(found) > 1 else str(one)
        for one in found
    }
    return Meant(str(exact.pk)) if exact else meant(name, names), labels


def _named(people: QuerySet[User], words: list[str]) -> QuerySet[User]:
    """Those who have a name that begins with each of the words; accents do not matter."""
    whole = Concat("first_name", Value(" "), "last_name")
    each = [Q(whole__iregex=rf"(^|[ '’-]){_loose(word)}") for word in words]
    return people.annotate(whole=whole).filter(*each) if each else people.none()


def _loose(word: str) -> str:
    """A regular expression for a folded word, with and without its accents."""
    return "".join(
        f"[{letter}{v}{v.upper()}]" if (v := _VARIANTS.get(letter)) else letter for letter in word
    )


def _ways(person: User) -> list[str]:
    first, last = person.first_name, person.last_name
    return [f"{first} {last}", f"{last} {first}"]


def ideas_of(people: Iterable[str]) -> list[str]:
    """The keys of the ideas that these people have signed; of a merged one, that of its head."""
    signed = Idea.objects.visible().filter(author__in=[int(key) for key in people])
    heads = signed.annotate(head=Coalesce("canonical", "pk")).order_by("-published_at", "pk")
    return [str(key) for key in dict.fromkeys(heads.values_list("head", flat=True)[:MOST_IDEAS])]
