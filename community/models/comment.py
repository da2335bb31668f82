import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideas.days import this_day
from ideas.models import Event, Idea, Refused
from ideas.models.seal import digest

if TYPE_CHECKING:
    from accounts.models import User

LONGEST = 2_000
LONGEST_REASON = 500
# A person who thinks while writing does not reach these; a script or a quarrel does.
MOST_PER_MINUTE = 6
MOST_PER_DAY_AS_AUTHOR = 30
# How long the text of a removed comment is kept for its author to take the removal back.
UNDO_WITHIN = timedelta(days=2)


class CommentQuerySet(models.QuerySet["Comment"]):
    def standing(self) -> Self:
        """Neither removed by who wrote them nor hidden by a moderator: those that count."""
        return self.filter(removed_at__isnull=True, hidden_at__isnull=True)

    def counted(self, ideas: Sequence[int]) -> dict[int, int]:
        """How many standing comments each of these ideas has; those without any are left out."""
        written = self.standing().filter(idea__in=ideas).order_by().values_list("idea")
        return dict(written.annotate(n=Count("pk")))

    def of_group(self, head: Idea) -> Self:
        """Those of the idea and of the ideas merged into it, one idea after another.

        Within an idea in the order of writing; the head comes last, because that is where the
        discussion goes on.
        """
        return self.filter(idea__in=head.group().values("pk")).order_by(
            Case(When(idea=head, then=Value(1)), default=Value(0)), "idea_id", "pk"
        )

    def tops(self) -> Self:
        return self.filter(reply_to__isnull=True)

    def shown_to(self, person: "User | int", unnamed: Iterable[int] = ()) -> Self:
        """Without those that their authors removed and nobody answered.

        Whoever removed one still sees it while that can be taken back; `unnamed` are the keys of
        those that they removed as the author of an anonymous idea.
        """
        answered = Exists(Comment.objects.filter(reply_to=OuterRef("pk"), removed_at__isnull=True))
        own = (Q(author=person) | Q(pk__in=unnamed)) & ~Q(body="")
        return self.filter(Q(removed_at__isnull=True) | own | answered)

    def forgettable(self) -> Self:
        """Removed so long ago that their text is no longer kept."""
        return self.filter(removed_at__lt=timezone.now() - UNDO_WITHIN).exclude(body="")


class Comment(models.Model):
    """What somebody says about an idea; an answer to another comment at most, one level deep."""

    idea = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="comments")
    # Empty for the author of an anonymous idea who answers as its author.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="comments",
        verbose_name=_("author"),
    )
    # The anonymous idea as whose author this is said, and the mark by which they know it.
    as_author_of = models.ForeignKey(
        "ideas.Idea", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    mark = models.CharField(max_length=64, blank=True, editable=False)
    reply_to = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="replies"
    )
    body = models.TextField(_("text"), max_length=LONGEST)
    submission = models.CharField(max_length=64, unique=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True)
    removed_at = models.DateTimeField(_("removed"), null=True)
    hidden_at = models.DateTimeField(_("hidden"), null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    hidden_reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["idea", "reply_to"]),
            models.Index(fields=["author", "-at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(mark="") | Q(author__isnull=True),
                name="comment_as_anonymous_author_has_no_name",
            )
        ]

    def __str__(self) -> str:
        return self.body[:60]

    def get_absolute_url(self) -> str:
        return reverse("community:show_comment", args=[self.pk])

    # --- What it is -------------------------------------------------------------------------

    @property
    def as_author(self) -> bool:
        """Said by somebody who stays anonymous, as the author of an idea."""
        return bool(self.mark)

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None

    @property
    def stands(self) -> bool:
        return not self.is_removed and not self.is_hidden

    @property
    def can_be_restored(self) -> bool:
        return self.is_removed and bool(self.body)

    def is_by(self, person: "User") -> bool:
        if self.as_author:
            return hmac.compare_digest(
                self.mark, digest("comment-author", person.pk, self.submission)
            )
        return self.author_id is not None and self.author_id == person.pk

    # --- What people do ---------------------------------------------------------------------

    @classmethod
    def write(
        cls,
        idea: Idea,
        by: "User",
        body: str,
        *,
        key: UUID,
        reply_to: "Comment | None" = None,
        as_author: bool = False,
    ) -> "Comment":
        """Say something on the idea's group; a second call with the same key changes nothing.

        What is said goes to the head of the group, an answer to the idea of what it answers: so
        it stays with that idea if the merge is undone.
        """
        submission = digest("comment", by.pk, key)
        with idea.locked_head() as head:
            if said := cls.objects.filter(submission=submission).first():
                return said
            _check_open(head)
            body = _checked(body)
            top = reply_to and _answerable(head, reply_to.reply_to_id or reply_to.pk)
            voice = _anonymously(head, by, submission) if as_author else _by_name(by)
            comment = cls.objects.create(
                idea=top.idea if top else head,
                reply_to=top,
                body=body,
                submission=submission,
                **voice,
            )
            comment._recount()
            Event.record(
                comment.idea,
                Event.Kind.COMMENTED,
                comment.author,
                at=comment.at,
                data={"comment": comment.pk},
            )
            return comment

    def revise(self, by: "User", body: str) -> "Comment":
        with self.idea.locked_head() as head:
            comment = self._own(by)
            _check_open(head)
            if not comment.stands:
                raise Refused(_("This comment has been removed."), code="gone")
            body = _checked(body)
            if body != comment.body:
                comment.body = body
                comment.edited_at = comment._now()
                comment.save(update_fields=["body", "edited_at"])
            return comment

    def remove(self, by: "User") -> "Comment":
        """Take one's own comment away; `restore` brings it back for some time."""
        with self.idea.locked_head():
            comment = self._own(by)
            if not comment.is_removed:
                comment.removed_at = comment._now()
                comment.save(update_fields=["removed_at"])
                comment._recount()
            return comment

    def restore(self, by: "User") -> "Comment":
        with self.idea.locked_head():
            comment = self._own(by)
            if comment.is_removed:
                if not comment.can_be_restored:
                    raise Refused(_("Its text is no longer kept."), code="gone")
                comment.removed_at = None
                comment.save(update_fields=["removed_at"])
                comment._recount()
            return comment

    # --- What moderators do -----------------------------------------------------------------

    def hide(self, by: "User", reason: str) -> "Comment":
        """Keep a comment from being read, with a reason that its author reads."""
        _check_moderator(by)
        reason = reason.strip()
        if not reason:
            raise Refused(_("Give a reason: its author will read it."), code="required")
        if len(reason) > LONGEST_REASON:
            raise Refused(_("This reason is too long."), code="max_length")
        with self.idea.locked_head():
            comment = self._locked()
            if not comment.is_hidden:
                comment._set_hidden(timezone.now(), by, reason)
            return comment

    def unhide(self, by: "User") -> "Comment":
        _check_moderator(by)
        with self.idea.locked_head():
            comment = self._locked()
            if comment.is_hidden:
                comment._set_hidden(None, None, "")
            return comment

    def _set_hidden(self, at: datetime | None, by: "User | None", reason: str) -> None:
        self.hidden_at, self.hidden_by, self.hidden_reason = at, by, reason
        self.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
        self._recount()

    # --- Below ------------------------------------------------------------------------------

    def _locked(self) -> "Comment":
        """The comment as it is now; the lock of its idea's group is what keeps it so."""
        return Comment.objects.select_related("idea").get(pk=self.pk)

    def _own(self, by: "User") -> "Comment":
        comment = self._locked()
        if not comment.is_by(by):
            raise PermissionDenied
        return comment

    def _now(self) -> datetime:
        return this_day() if self.as_author else timezone.now()

    def _recount(self) -> None:
        recount(self.idea)


def recount(idea: Idea) -> None:
    """Derive the number of comments of an idea, and of its group, from the comments."""
    idea.set_own_comments(lambda: Comment.objects.filter(idea=idea).standing().count())


def _check_open(head: Idea) -> None:
    if not head.is_open:
        raise Refused(_("This idea is closed: it can no longer be discussed."), code="closed")


def _answerable(head: Idea, pk: int) -> Comment:
    """The comment as it is now, if what is said to the group can answer it."""
    top = Comment.objects.select_related("idea").get(pk=pk)
    if head.pk not in {top.idea_id, top.idea.canonical_id}:
        raise Refused(_("This comment belongs to another idea."), code="elsewhere")
    if not top.stands:
        raise Refused(_("The comment that you answer is no longer there."), code="gone")
    return top


def _check_moderator(by: "User") -> None:
    if not by.has_perm("ideas.moderate_idea"):
        raise PermissionDenied


def _checked(body: str) -> str:
    body = body.strip()
    if not body:
        raise Refused(_("Write something first."), code="required")
    if len(body) > LONGEST:
        raise Refused(
            _("A comment has at most %(most)s characters."),
            code="max_length",
            params={"most": LONGEST},
        )
    return body


def _by_name(by: "User") -> dict[str, Any]:
    now = timezone.now()
    lately = Comment.objects.filter(author=by, at__gt=now - timedelta(minutes=1))
    if lately.count() >= MOST_PER_MINUTE:
        raise Refused(
            _("You have written a lot within a minute. Wait a moment, then send it again."),
            code="often",
        )
    return {"author": by, "at": now}


def _anonymously(head: Idea, by: "User", submission: str) -> dict[str, Any]:
    """How the author of an anonymous idea of the group is written down: not at all."""
    mine = head.group().of(by).filter(is_anonymous=True).order_by("pk")
    own = min(mine, key=lambda idea: idea.is_merged, default=None)
    if own is None:
        raise PermissionDenied
    today = this_day()
    # Nothing in the database says who writes here, but only one person can.
    if Comment.objects.filter(as_author_of=own, at=today).count() >= MOST_PER_DAY_AS_AUTHOR:
        raise Refused(
            _("You have written a lot here today. Go on tomorrow, or under your name."),
            code="often",
        )
    mark = digest("comment-author", by.pk, submission)
    return {"author": None, "as_author_of": own, "mark": mark, "at": today}
