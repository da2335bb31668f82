from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from community.models import Comment
from community.models.comment import recount
from ideas.models import Idea


class Command(BaseCommand):
    help = "Compares the comment counts of ideas with their comments; --repair corrects them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write the right counts")

    def handle(self, *args: Any, **options: Any) -> None:
        standing = Comment.objects.standing().filter(idea=OuterRef("pk")).order_by()
        counted = standing.values("idea").annotate(n=Count("pk")).values("n")
        wrong = Idea.objects.annotate(written=Coalesce(Subquery(counted), 0)).exclude(
            own_comments=F("written")
        )
        rows = list(wrong.order_by("pk"))
        for idea in rows:
            right = idea.written  # type: ignore[attr-defined]
            self.stdout.write(f"{idea.reference}: {idea.own_comments} → {right}")
            if options["repair"]:
                recount(idea)
        if rows and not options["repair"]:
            raise CommandError(f"{len(rows)} idea(s) with a wrong count; --repair corrects them.")
        self.stdout.write(f"{len(rows)} corrected." if rows else "Every count is right.")
