"""Wagtail pages: the index of projects, and one page per adopted project."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel, MultiFieldPanel
from wagtail.blocks import BlockQuoteBlock, CharBlock, RichTextBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.images.blocks import ImageBlock
from wagtail.models import Orderable, Page, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from ideas.models import Event, Idea, Refused

if TYPE_CHECKING:
    from accounts.models import User

PER_PAGE = 12
FEATURES = ["bold", "italic", "link", "ul", "ol", "document-link"]
INDICATORS_NEEDED = 2


class ProjectIndexPage(Page):  # type: ignore[misc]
    """Every published project, newest first."""

    introduction = RichTextField(_("introduction"), features=FEATURES, blank=True)

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["projects.ProjectPage"]
    template = "projects/project_index_page.html"
    content_panels = [*Page.content_panels, FieldPanel("introduction")]

    class Meta:
        verbose_name = _("index of projects")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        pages = ProjectPage.objects.child_of(self).live().for_cards()
        context["projects"] = Paginator(pages, PER_PAGE).get_page(request.GET.get("p"))
        return context

    def adopt(
        self,
        idea: Idea,
        by: "User",
        *,
        note: str = "",
        version: int | None = None,
        project: "ProjectPage | None" = None,
    ) -> "ProjectPage":
        """Adopt the idea into `project`, or into a new draft project made from it."""
        with transaction.atomic():
            idea = idea.adopt(by, note, version)
            if project is None:
                project = ProjectPage(
                    title=idea.title,
                    slug=self._free_slug(idea.title),
                    introduction=idea.body[: ProjectPage.INTRODUCTION_LENGTH],
                    theme=idea.theme,
                    owner=by,
                    live=False,
                )
                self.add_child(instance=project)
            project.ideas.add(ProjectIdea(idea=idea))
            project.save()
            project.save_revision(user=by, log_action=True)
            return project

    def _free_slug(self, title: str) -> str:
        stem = slugify(title)[:60].strip("-") or "projet"
        taken = set(self.get_children().values_list("slug", flat=True))
        return next(
            slug
            for n in range(1, 10_000)
            if (slug := f"{stem}-{n}" if n > 1 else stem) not in taken
        )


class ProjectPageQuerySet(PageQuerySet):  # type: ignore[misc]
    def for_cards(self) -> Self:
        cards: Self = (
            self.select_related("theme", "lead")
            .prefetch_related("indicators__measurements", "pilots__entities")
            .order_by("-first_published_at")
        )
        return cards

    def awaiting(self, lead: "User") -> Self:
        """Drafts that this lead has to complete, and those that nobody leads yet."""
        whose = models.Q(lead=lead) | models.Q(lead=None)
        drafts: Self = self.filter(whose, live=False, first_published_at=None).order_by("-pk")
        return drafts


class ProjectPage(Page):  # type: ignore[misc]
    """An adopted idea, or several, as a project: why, who, where tried, what it changed."""

    INTRODUCTION_LENGTH = 600

    class Stage(models.TextChoices):
        PREPARATION = "preparation", _("in preparation")
        PILOT = "pilot", _("pilot running")
        TRIAL_OVER = "trial-over", _("trial over")
        ROLL_OUT = "roll-out", _("being rolled out")
        DONE = "done", _("in place everywhere")
        STOPPED = "stopped", _("stopped")

    introduction = models.TextField(_("introduction"), max_length=INTRODUCTION_LENGTH)
    body = StreamField(
        [
            (
                "heading",
                CharBlock(
                    label=_("Heading"), icon="title", template="projects/blocks/heading.html"
                ),
            ),
            ("paragraph", RichTextBlock(label=_("Paragraph"), features=FEATURES)),
            ("quote", BlockQuoteBlock(label=_("Quote"))),
            ("image", ImageBlock(label=_("Image"), template="projects/blocks/image.html")),
        ],
        verbose_name=_("text"),
        blank=True,
    )
    theme = models.ForeignKey(
        "ideas.Theme", on_delete=models.PROTECT, related_name="+", verbose_name=_("theme")
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("project lead"),
    )
    stage = models.CharField(
        _("stage"), max_length=12, choices=Stage.choices, default=Stage.PREPARATION
    )

    objects = PageManager.from_queryset(ProjectPageQuerySet)()

    parent_page_types = ["projects.ProjectIndexPage"]
    subpage_types: list[str] = []
    # An idea becomes a project once: a copy of the page starts without it.
    exclude_fields_in_copy = ["ideas"]
    template = "projects/project_page.html"
    content_panels = [
        *Page.content_panels,
        FieldPanel("introduction"),
        MultiFieldPanel(
            [FieldPanel("theme"), FieldPanel("lead"), FieldPanel("stage")], heading=_("Facts")
        ),
        FieldPanel("body"),
        InlinePanel("pilots", heading=_("Pilots"), label=_("pilot")),
        InlinePanel("indicators", heading=_("Indicators"), label=_("indicator")),
        HelpPanel(template="projects/admin_ideas.html", heading=_("Ideas it comes from")),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    def save(self, clean: bool = True, **kwargs: Any) -> None:
        # Whoever publishes, and however: the page goes live here.
        if self.live and clean:
            self.check_complete()
        super().save(clean=clean, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        links = self.ideas.select_related("idea__author", "idea__theme", "idea__entity")
        ideas = [link.idea for link in links]
        context["source_ideas"] = ideas
        context["people"] = list({idea.author for idea in ideas if idea.author})
        context["anonymous_count"] = sum(idea.is_anonymous for idea in ideas)
        return context

    @property
    def is_over(self) -> bool:
        """Nothing more is to come of it, as far as is known."""
        return self.stage in {self.Stage.TRIAL_OVER, self.Stage.STOPPED}

    @property
    def headline_indicator(self) -> Any:
        """The indicator shown on the card: the first that was measured."""
        return next((i for i in self.indicators.all() if i.latest is not None), None)

    def check_complete(self) -> None:
        """A project is published with a text, a pilot and two indicators, or not at all."""
        lacks = []
        if not self.body:
            lacks.append(_("a text"))
        if not self.pilots.all():
            lacks.append(_("a pilot with its places and dates"))
        if len(self.indicators.all()) < INDICATORS_NEEDED:
            lacks.append(_("at least two indicators with baseline and target"))
        if lacks:
            words = _("Before it can be published, the project “%(title)s” needs: %(lacks)s.")
            facts = {"title": self.title, "lacks": ", ".join(map(str, lacks))}
            raise Refused({NON_FIELD_ERRORS: words % facts})

    def tell(self, by: "User | None") -> None:
        """Write into the ideas' history, once, that their project was published.

        Wagtail also says "published" of what is only scheduled, and of other places of a page.
        """
        if not self.live or self.alias_of_id:
            return
        for link in self.ideas.select_related("idea"):
            told = link.idea.events.filter(kind=Event.Kind.PROJECT_PUBLISHED, data__project=self.pk)
            if not told.exists():
                Event.record(link.idea, Event.Kind.PROJECT_PUBLISHED, by, data={"project": self.pk})


class ProjectIdea(Orderable):  # type: ignore[misc]
    """An idea that the project comes from."""

    page = ParentalKey(ProjectPage, on_delete=models.CASCADE, related_name="ideas")
    idea = models.ForeignKey(
        Idea, on_delete=models.PROTECT, related_name="+", verbose_name=_("idea")
    )

    class Meta(Orderable.Meta):  # type: ignore[misc]
        constraints = [
            models.UniqueConstraint(fields=["page", "idea"], name="one_link_per_project_and_idea")
        ]

    def __str__(self) -> str:
        return str(self.idea)
