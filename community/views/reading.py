"""Fetching comments with rights, and showing one of them, for every view."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from community.models import Comment
from community.thread import Thread
from ideas.models import Idea
from ideas.views.reading import person, readable_or_404
from prepared import PreparedObjects

UNPROCESSABLE = 422
_WITH_HEAD = PreparedObjects(
    lambda _person, ideas: Idea.objects.filter(pk__in=ideas).select_related("seal", "canonical")
)


class Request(HttpRequest):
    """A request as django-htmx's middleware leaves it."""

    htmx: HtmxDetails


def thread_or_404(request: HttpRequest, pk: int) -> Thread:
    """The comments of the idea's group, if this person may read the idea."""
    return Thread(readable_or_404(request, pk, _WITH_HEAD), person(request))


def comment_or_404(request: HttpRequest, pk: int) -> tuple[Thread, Comment]:
    comment = get_object_or_404(Comment.objects.select_related("idea"), pk=pk)
    thread = thread_or_404(request, comment.idea_id)
    try:
        return thread, thread.find(pk)
    except Comment.DoesNotExist:
        raise Http404 from None


def place_of(thread: Thread, comment: Comment) -> str:
    """The address of the page that shows this comment, with its place in it."""
    shown = {row.comment.pk for top in thread.latest().rows for row in (top, *top.answers)}
    page = thread.head.get_absolute_url()
    if comment.pk not in shown:
        if comment.reply_to_id is None:
            page = f"{reverse('community:comment', args=[thread.head.pk])}?upto={comment.pk}"
        else:
            answers = reverse("community:answers", args=[comment.reply_to_id])
            page = f"{answers}?upto={comment.pk}"
    return f"{page}#comment-{comment.pk}"


def shown(
    request: Request, thread: Thread, comment: Comment, status: int = 200, **extra: Any
) -> HttpResponse:
    """One comment and the answers to it: alone for htmx, on a page of its own otherwise.

    `extra`: `editing`, `answering`, `hiding`: a form to show in it; `focus`: the key of the
    comment that takes the focus; `counted`: tell the page the new number of comments.
    """
    context = {"row": thread.one(comment), "thread": thread, "idea": thread.head, **extra}
    template = "community/changed.html" if request.htmx else "community/one.html"
    response = render(request, template, context, status=status if request.htmx else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response
