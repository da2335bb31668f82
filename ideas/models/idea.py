"""The idea and the rules of the game: who may do what to it, and which state follows which."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideas import documents, ranking
from ideas.days import this_day
from ideas.models import group
from ideas.models.content import Content
from ideas.models.draft import Draft
from ideas.models.event import Event
from ideas.models.queryset import ANSWER_WITHIN, IdeaQuerySet
from ideas.models.seal import Seal, digest
from ideas.models.state import DECIDABLE, Conflict, Refused
from ideas.models.state import State as IdeaState
from ideas.models.vote import Vote

if TYPE_CHECKING:
    from accounts.models import User


COUNTERS = {*group.COUNTS, "own_comments"}
# Nothing is said of where the backers of an idea work below this number of people.
FEWEST_TOLD = 5


class Idea(Content):
    State = IdeaState

    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.SUBMITTED
    )
    canonical = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="sources",
        null=True,
        blank=True,
        verbose_name=_("merged into"),
    )
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    # Derived; `manage.py recount` computes them again from the rows they count.
    support = models.PositiveIntegerField(_("supporters"), default=0)
    own_comments = models.PositiveIntegerField(default=0)
    comments_count = models.PositiveIntegerField(_("comments"), default=0)
    # How many people saw it, `ranking.coarse`.
    views = models.PositiveIntegerField(_("viewers"), default=0)
    rising = models.FloatField(default=ranking.UNBACKED)
    # `ranking.voices` of the places where its supporters work, and how many places these are.
    voices = models.FloatField(default=0)
    places = models.PositiveIntegerField(_("places that back it"), default=0)

    objects = IdeaQuerySet.as_manager()

    class Meta:
        verbose_name = _("idea")
        verbose_name_plural = _("ideas")
        permissions = [
            ("moderate_idea", "Can moderate ideas"),
            ("adopt_idea", "Can adopt ideas"),
            ("administer_search", "Can administer search"),
        ]
        indexes = [
            models.Index(fields=["state", "submitted_at", "id"]),
            models.Index(fields=["author", "-submitted_at"]),
            models.Index(fields=["-published_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_anonymous=False) | Q(author__isnull=True),
                name="anonymous_idea_has_no_author",
            ),
            models.CheckConstraint(
                condition=Q(canonical__isnull=True) | ~Q(canonical=F("id")),
                name="idea_not_merged_into_itself",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("ideas:detail", args=[self.pk])

    # --- What it is -----------------------------------------------------------------------

    @property
    def reference(self) -> str:
        return f"T-{self.pk:06d}"

    @property
    def is_merged(self) -> bool:
        return self.canonical_id is not None

    @property
    def is_visible(self) -> bool:
        return self.published_at is not None and self.state != self.State.WITHDRAWN

    @property
    def is_open(self) -> bool:
        """It can be backed and discussed."""
        return self.is_visible and self.state != self.State.DECLINED

    @property
    def places_told(self) -> int:
        """At how many places it is backed; 0 while that would say something of single people."""
        return self.places if self.support >= FEWEST_TOLD else 0

    @property
    def answer_due(self) -> datetime:
        """By when its author was promised an answer."""
        return self.submitted_at + ANSWER_WITHIN

    def allows(self, decision: str) -> bool:
        """A moderator may take this decision now: a key of `DECIDABLE`."""
        return not self.is_merged and self.state in DECIDABLE[decision]

    def standing_decision(self) -> Event | None:
        """The moderator's decision that holds now, neither undone nor overtaken by the author."""
        return self.events.standing().last()

    def group(self) -> IdeaQuerySet:
        """The idea and those merged into it."""
        return Idea.objects.in_groups_of([self.pk])

    def is_by(self, person: "User") -> bool:
        if not person.is_authenticated:
            return False
        if not self.is_anonymous:
            return self.author_id == person.pk
        seal: Seal | None = getattr(self, "seal", None)
        return seal is not None and seal.is_of(person)

    def is_readable_by(self, person: "User") -> bool:
        return self.is_visible or person.has_perm("ideas.moderate_idea") or self.is_by(person)

    # --- Locks and counters ---------------------------------------------------------------

    def lock(self, version: int | None = None) -> "Idea":
        """This idea as it is now, locked; `Conflict` if it is no longer at `version`."""
        idea = Idea.objects.locked().get(pk=self.pk)
        idea.check_version(version)
        return idea

    def check_version(self, version: int | None) -> None:
        if version is not None and self.version != version:
            raise Conflict(
                _("Somebody else has just changed this idea. Here is how it stands now."),
                code="conflict",
            )

    def locked_head(self) -> AbstractContextManager["Idea"]:
        """One transaction with the head of this idea's group locked."""
        return group.locked_head(self)

    def check_votable(self, person: "User") -> bool:
        """Whether the person backs the group already; refuses who cannot."""
        if not self.is_open:
            raise Refused(_("This idea cannot be backed: it is not open."), code="closed")
        members = group.members(self, person)
        if any(member.is_own for member in members):
            raise Refused(_("This idea is yours: others back it."), code="own")
        return any(member.is_backed for member in members)

    def add_support(self, vote: Vote, neighbours: int) -> None:
        """Count a new vote; `neighbours` at the same place backed the group before."""
        self.support += 1
        self.rising = ranking.rising_with(self.rising, vote.at.timestamp())
        self.voices = ranking.voices_with(self.voices, neighbours)
        self.places += vote.entity_id is not None and neighbours == 0
        self.renew("support", "rising", "voices", "places")

    def recount(self, *, votes_alone: bool = False) -> None:
        """Derive the counters of a locked idea from what its group got: votes, comments, views."""
        (group.count_votes if votes_alone else group.count)(self)
        self.renew(*(group.VOTE_COUNTS if votes_alone else group.COUNTS))

    def set_own_comments(self, count: Callable[[], int]) -> None:
        """Comments written on this very idea; the total of its group follows.

        `count` is asked under the lock: two people who comment at once would otherwise both come
        with a number without the other's comment.
        """
        with self.locked_head() as head:
            idea = head if head.pk == self.pk else self.lock()
            idea.own_comments = count()
            idea.renew("own_comments")
            for member in {idea.pk: idea, head.pk: head}.values():
                member.recount()

    def renew(self, *fields: str) -> None:
        """Save these fields and tell search what changed."""
        if COUNTERS.issuperset(fields):
            group.save_counters(self, fields)
            documents.write_numbers(self)
        else:
            self.save(update_fields=fields)
            documents.write(self)

    def _enter(self, state: str, kind: str, by: "User | None", at: datetime, **facts: Any) -> None:
        before, self.state = self.state, state
        self.version += 1
        self.renew("state", "version", "decided_at", "published_at", "title", "body")
        Event.record(self, kind, by, at=at, before=before, after=state, **facts)

    def _decide(self, state: str, kind: str, by: "User", reason: str = "", **data: Any) -> None:
        data |= group.since_then(self.decided_at)
        self.decided_at = now = timezone.now()
        self._enter(state, kind, by, now, reason=reason.strip(), data=data)

    def _authorship(self, by: "User") -> dict[str, Any]:
        """What an event may say of its author's act."""
        if self.is_anonymous:
            return {"by": None, "at": this_day()}
        return {"by": by, "at": timezone.now()}

    # --- What its author does -------------------------------------------------------------

    @classmethod
    def submit(cls, author: "User", key: uuid.UUID, **fields: Any) -> "Idea":
        """Hand in an idea; a second call with the same key answers with the first one's idea.

        `fields` are the model's: title, body, theme, moment, channel, campaign, entity, photo,
        is_anonymous. The draft of that key ends here.
        """
        submission = digest("submission", author.pk, key)
        anonymous = fields.get("is_anonymous", False)
        if anonymous:
            person: dict[str, Any] = {
                "author": None,
                "profession": None,
                "submitted_at": this_day(),
            }
        else:
            person = {"author": author, "profession": author.profession}
        with transaction.atomic():
            idea, created = cls.objects.get_or_create(
                submission=submission, defaults={**fields, **person}
            )
            if created:
                if anonymous:
                    Seal.close(idea, author)
                documents.write(idea)
                Event.record(
                    idea,
                    Event.Kind.SUBMITTED,
                    idea.author,
                    at=idea.submitted_at,
                    after=idea.state,
                )
            for draft in Draft.objects.filter(key=key, owner=author):
                draft.delete()
        return idea

    @classmethod
    def submitted_with(cls, author: "User", key: uuid.UUID) -> "Idea | None":
        """The idea that this person handed in under this key."""
        return cls.objects.filter(submission=digest("submission", author.pk, key)).first()

    def revise(
        self, by: "User", title: str, body: str, answer: str = "", version: int | None = None
    ) -> "Idea":
        """Change one's own words before the decision; answers a request for details."""
        with transaction.atomic():
            idea = self.lock()
            if not idea.is_by(by):
                raise PermissionDenied
            if idea.is_merged or idea.state not in {self.State.SUBMITTED, self.State.NEEDS_DETAILS}:
                raise Refused(
                    _("This idea has been decided: its text no longer changes."), code="closed"
                )
            idea.check_version(version)
            before = {"title": idea.title, "body": idea.body}
            asked = idea.state == self.State.NEEDS_DETAILS
            if asked and not answer.strip() and before == {"title": title, "body": body}:
                raise Refused(_("Answer the question, or complete your text."), code="required")
            idea.title, idea.body, idea.decided_at = title, body, None
            kind = Event.Kind.DETAILS_GIVEN if asked else Event.Kind.REVISED
            idea._enter(
                self.State.SUBMITTED, kind, **idea._authorship(by), reason=answer, data=before
            )
            return idea

    def withdraw(self, by: "User") -> "Idea":
        with transaction.atomic():
            idea = self.lock()
            if not idea.is_by(by):
                raise PermissionDenied
            if idea.state == self.State.ADOPTED or idea.is_merged or idea.sources.exists():
                raise Refused(
                    _("Others build on this idea now: it can no longer be withdrawn."),
                    code="closed",
                )
            if idea.state != self.State.WITHDRAWN:
                idea.decided_at = None
                idea._enter(self.State.WITHDRAWN, Event.Kind.WITHDRAWN, **idea._authorship(by))
            return idea

    # --- What moderators do ---------------------------------------------------------------

    def check_decision(self, decision: str, version: int | None = None) -> None:
        """`Conflict` if a locked idea left `version` or no longer allows the decision."""
        self.check_version(version)
        if self.is_merged:
            raise Conflict(_("This idea is merged into another one."), code="merged")
        if not self.allows(decision):
            raise Conflict(
                _("This cannot be done: the idea is now “%(state)s”."),
                code="state",
                params={"state": self.get_state_display()},
            )

    def _lock_for(self, decision: str, by: "User", version: int | None) -> "Idea":
        if not by.has_perm("ideas.moderate_idea"):
            raise PermissionDenied
        idea = self.lock()
        idea.check_decision(decision, version)
        return idea

    def publish(self, by: "User", version: int | None = None) -> "Idea":
        with transaction.atomic():
            idea = self._lock_for("publish", by, version)
            idea.published_at = idea.published_at or timezone.now()
            idea._decide(self.State.PUBLISHED, Event.Kind.PUBLISHED, by)
            return idea

    def ask_details(self, by: "User", question: str, version: int | None = None) -> "Idea":
        with transaction.atomic():
            idea = self._lock_for("ask", by, version)
            if not question.strip():
                raise Refused(_("Say what you would like to know."), code="required")
            idea._decide(self.State.NEEDS_DETAILS, Event.Kind.DETAILS_ASKED, by, question)
            return idea

    def decline(
        self, by: "User", reason: str, version: int | None = None, ground: str = ""
    ) -> "Idea":
        """Say no, with a reason for the author; `ground` files it (a value of `Answer.Ground`)."""
        with transaction.atomic():
            idea = self._lock_for("decline", by, version)
            if not reason.strip():
                raise Refused(_("Give a reason: the author will read it."), code="required")
            idea._decide(self.State.DECLINED, Event.Kind.DECLINED, by, reason, ground=ground)
            return idea

    def adopt(self, by: "User", note: str = "", version: int | None = None) -> "Idea":
        if not by.has_perm("ideas.adopt_idea"):
            raise PermissionDenied
        with transaction.atomic():
            idea = self._lock_for("adopt", by, version)
            idea.published_at = idea.published_at or timezone.now()
            idea._decide(self.State.ADOPTED, Event.Kind.ADOPTED, by, note)
            return idea

    def reopen(self, by: "User", version: int | None = None) -> "Idea":
        """Take the last decision back: the idea is again what it was before it."""
        with transaction.atomic():
            idea = self._lock_for("reopen", by, version)
            last = idea.standing_decision()
            if last is None:
                raise Refused(_("There is no decision to take back."), code="nothing")
            if last.kind == Event.Kind.PUBLISHED:
                if idea.support or idea.comments_count or idea.sources.exists():
                    raise Refused(
                        _("Colleagues have backed or discussed it: decline it instead."),
                        code="closed",
                    )
                idea.published_at = None
            idea.decided_at = group.decided_before(idea)
            idea._enter(last.before, Event.Kind.REOPENED, by, timezone.now())
            return idea

    def merge_into(
        self,
        other: "Idea",
        by: "User",
        reason: str = "",
        version: int | None = None,
        other_version: int | None = None,
    ) -> "Idea":
        """Link this idea, and those merged into it, to `other`; every vote stays its own."""
        return group.merge(self, other, by, reason, version, other_version)

    def undo_merge(self, by: "User", reason: str = "", version: int | None = None) -> "Idea":
        """Clear the link; both ideas are again exactly what their own votes and comments say."""
        return group.part(self, by, reason, version)

    def supporters_if_merged_into(self, other: "Idea") -> int:
        """The exact number of distinct people who would back `other` after the merge."""
        return group.supporters(self, other)
