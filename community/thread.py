"""The comments of an idea's group as one person sees them, a page at a time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import User
from community.models import Comment
from community.models.comment import CommentQuerySet
from ideas.models import Idea
from prepared import PreparedObjects

PAGE = 20
ANSWERS = 10


@dataclass
class Row:
    """One comment as the person sees it, with the answers to it that are shown."""

    comment: Comment
    who: str
    role: str
    mine: bool
    divider: Idea | None = None
    answers: list[Self] = field(default_factory=list)
    earlier: int = 0
    can_answer: bool = False
    can_revise: bool = False
    can_moderate: bool = False

    @property
    def initials(self) -> str:
        return self.comment.author.initials if self.comment.author else ""

    @property
    def can_remove(self) -> bool:
        return self.mine and not self.comment.is_removed

    @property
    def can_restore(self) -> bool:
        return self.mine and self.comment.can_be_restored

    @property
    def has_actions(self) -> bool:
        return any(
            (self.can_answer, self.can_revise, self.can_remove, self.can_restore, self.can_moderate)
        )

    @property
    def in_confidence(self) -> bool:
        """A hidden comment is still read by its author and by moderators."""
        return self.mine or self.can_moderate


@dataclass(frozen=True)
class Part:
    """Some rows, and how many come before them."""

    rows: list[Row]
    earlier: int

    @property
    def first(self) -> int | None:
        return self.rows[0].comment.pk if self.rows else None


class Thread:
    """Asks the same number of questions to the database however many comments there are."""

    def __init__(self, idea: Idea, person: User) -> None:
        self.head = idea.canonical or idea
        self.person = person

    def now(self) -> "Thread":
        """The same, as it stands after a change."""
        rows = Idea.objects.select_related("canonical")
        return Thread(rows.get(pk=self.head.pk), self.person)

    @cached_property
    def ideas(self) -> dict[int, Idea]:
        return {idea.pk: idea for idea in _IDEAS.all(self.head.pk)}

    @cached_property
    def is_mine(self) -> bool:
        return any(idea.is_by(self.person) for idea in self.ideas.values())

    @cached_property
    def is_mine_unnamed(self) -> bool:
        """The person can speak as the author without their name."""
        return any(idea.is_anonymous and idea.is_by(self.person) for idea in self.ideas.values())

    @cached_property
    def is_joined(self) -> bool:
        """There are comments on more than the head: it must be said which is from where."""
        return any(idea.own_comments for idea in self.ideas.values() if idea.pk != self.head.pk)

    def latest(self, before: Comment | None = None, upto: Comment | None = None) -> Part:
        """The last comments; or the last before, or up to and with, one of them."""
        if cut := before or upto:
            tops = self._comments().of_group(self.head).tops()
            tops = tops.filter(self._precedes(cut) | (Q(pk=cut.pk) if upto else Q()))
            last = list(_last(tops))
        else:
            last = _LATEST.all(self.person.pk, [self.head.pk, *self._unnamed_removed])
        rows, earlier = _paged(last)
        answers, hidden = self._answers(rows)
        shown = [self.row(top, answers[top.pk], hidden[top.pk]) for top in rows]
        return Part(self._divided(shown), earlier)

    def continues(self, part: Part, comment: Comment) -> bool:
        """The comment follows the part under the same divider."""
        return self.is_joined and any(
            row.comment.idea_id == comment.idea_id for row in part.rows[-1:]
        )

    def after(self, comment: Comment) -> Comment | None:
        """The last comment of the page that follows this comment."""
        tops = self._comments().of_group(self.head).tops().exclude(pk=comment.pk)
        following = list(tops.exclude(self._precedes(comment))[:PAGE])
        return following[-1] if following else None

    def answers(
        self, top: Comment, before: Comment | None = None, upto: Comment | None = None
    ) -> Part:
        """The last answers to a comment; or the last before, or up to and with, one of them."""
        rows = self._comments().filter(reply_to=top)
        if before:
            rows = rows.filter(pk__lt=before.pk)
        if upto:
            rows = rows.filter(pk__lte=upto.pk)
        shown, earlier = _paged(list(_last(rows.order_by("pk"))))
        return Part([self.row(comment) for comment in shown], earlier)

    def one(self, comment: Comment) -> Row:
        """The comment with the last answers to it."""
        answers, hidden = self._answers([comment])
        return self.row(comment, answers[comment.pk], hidden[comment.pk])

    def find(self, pk: int) -> Comment:
        """A comment of this thread that the person is shown; `Comment.DoesNotExist` otherwise."""
        return self._comments().of_group(self.head).get(pk=pk)

    def row(self, comment: Comment, answers: Sequence[Comment] = (), earlier: int = 0) -> Row:
        mine = comment.is_by(self.person)
        speaks = self.head.is_open and comment.stands
        return Row(
            comment,
            who=self._who(comment),
            role=self._role(comment),
            mine=mine,
            answers=[self.row(answer) for answer in answers],
            earlier=earlier,
            can_answer=speaks and comment.reply_to_id is None,
            can_revise=speaks and mine,
            can_moderate=self.person.has_perm("ideas.moderate_idea") and not comment.is_removed,
        )

    @cached_property
    def _unnamed_removed(self) -> list[int]:
        if not self.is_mine_unnamed:
            return []
        removed = Comment.objects.of_group(self.head).exclude(mark="").exclude(removed_at=None)
        return [comment.pk for comment in removed if comment.is_by(self.person)]

    def _comments(self) -> CommentQuerySet:
        return _comments(self.person.pk, self._unnamed_removed)

    def _precedes(self, comment: Comment) -> Q:
        """What comes before this comment in the order of `of_group`."""
        same = Q(idea=comment.idea_id, pk__lt=comment.pk)
        if comment.idea_id == self.head.pk:
            return same | ~Q(idea=self.head)
        return same | (Q(idea__lt=comment.idea_id) & ~Q(idea=self.head))

    def _answers(self, tops: Sequence[Comment]) -> tuple[dict[int, list[Comment]], dict[int, int]]:
        answers: dict[int, list[Comment]] = defaultdict(list)
        earlier: dict[int, int] = defaultdict(int)
        for answer in self._last_answers([top.pk for top in tops]):
            answers[answer.reply_to_id].append(answer)
            earlier[answer.reply_to_id] = max(0, answer.total - ANSWERS)
        return answers, earlier

    def _last_answers(self, tops: list[int]) -> Iterable[Any]:
        if not tops:
            return []
        if self._unnamed_removed:
            return _last_answers(self.person.pk, tops, self._unnamed_removed)
        return _LAST_ANSWERS.all(self.person.pk, tops)

    def _divided(self, rows: list[Row]) -> list[Row]:
        if self.is_joined:
            last = None
            for row in rows:
                if row.comment.idea_id != last:
                    last = row.comment.idea_id
                    row.divider = self.ideas[last]
        return rows

    def _who(self, comment: Comment) -> str:
        if comment.as_author:
            idea = self.ideas.get(comment.as_author_of_id or 0)
            if idea is None or idea.pk == self.head.pk:
                return _("The author")
            return _("The author of %(reference)s") % {"reference": idea.reference}
        return str(comment.author or _("A former colleague"))

    def _role(self, comment: Comment) -> str:
        """What a named writer is to the idea, where it is more than a reader."""
        if comment.author_id is None:
            return ""
        signed = [idea for idea in self.ideas.values() if idea.author_id == comment.author_id]
        if not signed:
            return ""
        idea = min(signed, key=lambda idea: idea.is_merged)
        if idea.pk == self.head.pk:
            return _("author")
        return _("author of %(reference)s") % {"reference": idea.reference}


def _comments(person: int, unnamed: Iterable[int] = ()) -> CommentQuerySet:
    return Comment.objects.shown_to(person, unnamed).select_related("author", "reply_to")


def _last(rows: CommentQuerySet) -> CommentQuerySet:
    """The last of them, the very last first, each with how many there are in all."""
    return rows.annotate(total=Window(Count("pk"))).reverse()[:PAGE]


def _paged(last: list[Any]) -> tuple[list[Comment], int]:
    """What `_last` gives, in its order, and how many come before."""
    total = last[0].total if last else 0
    return last[::-1], total - len(last)


_IDEAS = PreparedObjects(
    lambda head, _among: Idea(pk=head).group().select_related("seal").order_by("pk")
)
_LATEST = PreparedObjects(
    lambda person, keys: _last(_comments(person, keys[1:]).of_group(Idea(pk=keys[0])).tops())
)


def _last_answers(person: int, tops: Sequence[int], unnamed: Iterable[int] = ()) -> CommentQuerySet:
    """The last answers to each of these comments, with how many there are to it in all."""
    return (
        _comments(person, unnamed)
        .filter(reply_to__in=tops)
        .annotate(
            place=Window(RowNumber(), partition_by="reply_to", order_by=F("pk").desc()),
            total=Window(Count("pk"), partition_by="reply_to"),
        )
        .filter(place__lte=ANSWERS)
        .order_by("pk")
    )


_LAST_ANSWERS = PreparedObjects(_last_answers)
