"""What the pages say, so that a test asks for messages and not for their present wording."""

import re
from uuid import uuid4

from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext


def fr(message: str, context: str = "", **values: object) -> str:
    """What the French interface says for that message."""
    with translation.override("fr"):
        said = pgettext(context, message) if context else gettext(message)
    return said % values if values else said


def begins(message: str, *, plural: str = "", language: str = "fr") -> re.Pattern[str]:
    """The words of a message around its values, to find it whatever these are."""
    with translation.override(language):
        said = ngettext(message, plural, 2) if plural else gettext(message)
    parts = re.split(r"%\(\w+\)s|\{\w+\}", said)
    return re.compile(r".+?".join(map(re.escape, parts)))


def unheard(words: str) -> str:
    """Those words with a mark that no other test writes."""
    return f"{words} {uuid4().hex[:6]}"
