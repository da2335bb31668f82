"""What a person is told of an idea, and why."""

from dataclasses import dataclass

from accounts.models import User
from community.models import Comment, Follow
from ideas.models import Idea, Vote


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
        group = head.group().values("pk")
        said = set(
            Follow.objects.filter(idea__in=group, person=person).values_list("wanted", flat=True)
        )
        if said:
            return cls(head, "followed" if True in said else "muted")
        if Comment.objects.standing().filter(idea__in=group, author=person).exists():
            return cls(head, "commented")
        backed = Vote.objects.filter(idea__in=group, person=person).exists()
        return cls(head, "backed" if backed else "none")
