from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ideas import places
from ideas.forms import BODY_LENGTH, TITLE_LENGTH, IdeaForm
from ideas.likeness import SPEAKING, WEAK, alike
from ideas.models import Draft, Idea, Refused, Vote
from ideas.views.reading import person, readable_or_404
from search.similar import similar as find_similar

TYPED = (
    "title",
    "body",
    "theme",
    "moment",
    "channel",
    "campaign",
    "place",
    "place_code",
    "is_anonymous",
)
FEWEST_WORDS = 2
# So many words in common make two ideas worth reading side by side.
KIN = 2
ALIKE_SHOWN = 5


@dataclass(frozen=True)
class Sent:
    """What names a form that was posted: its key, and the number of its last change."""

    key: UUID
    seq: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Sent":
        try:
            key = UUID(request.POST.get("key", ""))
        except ValueError:
            key = uuid4()
        return cls(key, number_in(request.POST.get("seq", "")))


def number_in(posted: str) -> int:
    return int(posted) if posted.isdecimal() and len(posted) < 9 else 0


def typed_in(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in TYPED}


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _submitted(request)
    return form_page(request, IdeaForm(initial=_prefilled(request)), Sent(uuid4(), 0))


def _prefilled(request: HttpRequest) -> dict[str, Any]:
    entity = person(request).entity
    return {
        "title": request.GET.get("title", "")[:TITLE_LENGTH],
        "body": request.GET.get("body", "")[:BODY_LENGTH],
        "theme": request.GET.get("theme", ""),
        "campaign": request.GET.get("campaign", ""),
        "place": places.label(entity.name, entity.code) if entity else "",
    }


def form_page(
    request: HttpRequest, form: IdeaForm, sent: Sent, draft: Draft | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "key": sent.key,
        "seq": sent.seq,
        "draft": draft,
        "draft_url": reverse("ideas:draft", args=[sent.key]),
        "has_campaigns": form.fields["campaign"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return render(request, "ideas/submit.html", context)


def _submitted(request: HttpRequest) -> HttpResponse:
    me, sent = person(request), Sent.of(request)
    draft = Draft.objects.filter(key=sent.key, owner=me).first()
    form = IdeaForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, form, sent)
    earlier = Idea.submitted_with(me, sent.key)
    if earlier and (earlier.title, earlier.body) != (
        form.cleaned_data["title"],
        form.cleaned_data["body"],
    ):
        form.add_error(
            None,
            _(
                "You have already submitted an idea with this form (%(reference)s). If this is "
                "another one, submit it now."
            )
            % {"reference": earlier.reference},
        )
        return _again(request, form, Sent(uuid4(), 0))
    idea = Idea.submit(me, sent.key, **form.facts(), photo=_photo(form, draft))
    messages.success(request, _("Thank you! Your idea has been submitted."))
    return redirect(idea)


def _photo(form: IdeaForm, draft: Draft | None) -> ContentFile[bytes] | str:
    """The photo just chosen, else the one that the draft kept."""
    chosen: ContentFile[bytes] | None = form.cleaned_data["photo"]
    if chosen:
        return chosen
    if draft and draft.photo and not form.cleaned_data["remove_photo"]:
        with draft.photo.open("rb") as file:
            return ContentFile(file.read(), name="photo.jpg")
    return ""


def _again(request: HttpRequest, form: IdeaForm, sent: Sent) -> HttpResponse:
    """The form with its errors; what was typed, and a photo that is good, are kept meanwhile."""
    me = person(request)
    try:
        Draft.keep(me, sent.key, sent.seq + 1, typed_in(request))
        draft = Draft.objects.get(key=sent.key, owner=me)
    except Draft.DoesNotExist:
        return _again(request, form, Sent(uuid4(), 0))
    if form.cleaned_data.get("photo"):
        draft.keep_photo(form.cleaned_data["photo"])
    elif form.cleaned_data.get("remove_photo") and draft.photo:
        draft.keep_photo(None)
    return form_page(request, form, Sent(sent.key, max(draft.seq, sent.seq + 1)), draft)


@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """Ideas that say what is being typed; posted, so that no address holds an anonymous text."""
    title = request.POST.get("title", "")[:TITLE_LENGTH]
    body = request.POST.get("body", "")[:BODY_LENGTH]
    found, loosely = [], False
    if typed := len(f"{title} {body}".split()) >= FEWEST_WORDS:
        theme = request.POST.get("theme", "")
        matches = find_similar(title, body, theme=theme, scope=SPEAKING, n=2 * ALIKE_SHOWN)
        found = [match for match in matches if match.band != WEAK]
        # Nobody is told that he is the first while others speak of the same.
        loosely = not found
        found = found or [match for match in matches if len(match.shared_terms) >= KIN]
    context = {
        "similar": alike(found, person(request), most=ALIKE_SHOWN, backing=True),
        "typed": typed,
        "loosely": loosely,
    }
    return render(request, "ideas/similar.html", context)


@require_safe
def place_choices(request: HttpRequest) -> HttpResponse:
    found = places.matching(request.GET.get("place", "")[:80])
    return render(request, "ideas/places.html", {"places": found})


@require_POST
def back_instead(request: HttpRequest, pk: int) -> HttpResponse:
    """ "Same idea: I back it": the draft becomes a vote, and its text a comment if wished.

    The draft is put aside only once the vote stands, and can still be taken up again.
    """
    me, sent = person(request), Sent.of(request)
    idea = readable_or_404(request, pk)
    try:
        with transaction.atomic():
            Vote.cast(idea, me)
            draft = _put_aside(request, sent)
    except Refused as refused:
        form = IdeaForm(request.POST)
        form.full_clean()
        form.errors.clear()
        form.add_error(None, refused)
        return _again(request, form, sent)
    context = {"idea": idea, "draft": draft, "typed": typed_in(request)}
    return render(request, "ideas/backed.html", context)


def _put_aside(request: HttpRequest, sent: Sent) -> Draft | None:
    me = person(request)
    try:
        Draft.keep(me, sent.key, sent.seq + 1, typed_in(request))
    except Draft.DoesNotExist:
        return None
    draft = Draft.objects.filter(key=sent.key, owner=me).first()
    if draft:
        draft.discard()
    return draft
