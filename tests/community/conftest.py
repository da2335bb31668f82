from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.http import QueryDict

from accounts.models import User
from community.models import Comment, SavedSearch
from ideas.listing import Listing, Taxonomy
from ideas.models import Idea


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def say() -> Callable[..., Comment]:
    """Comment on an idea: `say(idea, person, "…", reply_to=…, as_author=…)`."""

    def write(idea: Idea, by: User, body: str = "Chez nous aussi.", **how: Any) -> Comment:
        return Comment.write(idea, by, body, key=how.pop("key", None) or uuid4(), **how)

    return write


@pytest.fixture
def idea(published: Callable[..., Idea], postwoman: User) -> Idea:
    """A published idea of the postwoman's."""
    return published(postwoman)


@pytest.fixture
def secret(published: Callable[..., Idea], postwoman: User) -> Idea:
    """A published idea of the postwoman's, which nobody can tell from its row."""
    return published(postwoman, "Le chef crie", is_anonymous=True)


@pytest.fixture
def merged(published: Callable[..., Idea], postwoman: User, clerk: User, moderator: User) -> Any:
    """The clerk's idea, and the postwoman's, which it was merged into: (source, head)."""
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    return source.merge_into(head, moderator), Idea.objects.get(pk=head.pk)


@pytest.fixture
def bulk() -> Callable[..., list[Comment]]:
    """Many comments at once, numbered: `bulk(idea, person, 25, reply_to=…)`."""

    def write(idea: Idea, by: User, many: int, **how: Any) -> list[Comment]:
        return [
            Comment.objects.create(
                idea=idea, author=by, body=f"Mot {n}.", submission=uuid4().hex, **how
            )
            for n in range(1, many + 1)
        ]

    return write


@pytest.fixture
def listing() -> Callable[..., Listing]:
    """What an address lists: `listing("q=banc&theme=waiting")`."""
    return lambda query="q=banc": Listing.asked(QueryDict(query), Taxonomy.load())


@pytest.fixture
def keep(listing: Callable[..., Listing], clerk: User) -> Callable[..., SavedSearch]:
    """Save a search as the clerk: `keep("q=banc", "Bancs", person=…)`."""

    def save(query: str = "q=banc", name: str = "", person: User = clerk) -> SavedSearch:
        return SavedSearch.keep(person, listing(query), name)[0]

    return save
