"""What a person is told of an idea, and why."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, QuerySet

from accounts.models import User
from community.models import Comment, Follow
from ideas.models import Idea, Vote
from prepared import Prepared


@dataclass(frozen=True)
class Following:
    """`how`: author, followed, muted, commented, backed or none."""

    idea: Idea
    how: str

    @property
    def follows(self) -> bool:
        """Told of decisions and of comments."""
        return self.how in {"author", "followed", "commented"}

    @classmethod
    def of(cls, head: Idea, person: User, is_mine: bool) -> "Following":
        if is_mine:
            return cls(head, "author")
        [(followed, muted, commented, backed)] = _TIES.rows(person.pk, [head.pk])
        if followed or muted:
            return cls(head, "followed" if followed else "muted")
        return cls(head, "commented" if commented else "backed" if backed else "none")


def _ties(person: int, heads: list[int]) -> QuerySet[User, Any]:
    """What a person has done to the group of an idea, or not."""
    group = Idea(pk=heads[0]).group().values("pk")
    follows = Follow.objects.filter(idea__in=group, person=person)
    return User.objects.filter(pk=person).values_list(
        Exists(follows.filter(wanted=True)),
        Exists(follows.filter(wanted=False)),
        Exists(Comment.objects.standing().filter(idea__in=group, author=person)),
        Exists(Vote.objects.filter(idea__in=group, person=person)),
    )


_TIES = Prepared(_ties)
