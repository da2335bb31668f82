from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from community.forms import CommentForm
from community.models import Comment
from community.views.reading import UNPROCESSABLE, Request, comment_or_404, place_of, shown
from ideas.models import Refused
from ideas.views.reading import person

ACTS = {"remove": Comment.remove, "restore": Comment.restore}


@require_http_methods(["GET", "HEAD", "POST"])
def edit_comment(request: Request, pk: int) -> HttpResponse:
    thread, comment = comment_or_404(request, pk)
    row = thread.row(comment)
    if request.method != "POST":
        form = CommentForm(where=f"edit-{pk}", initial={"body": comment.body})
        return shown(request, thread, comment, editing=form if row.can_revise else None)
    form = CommentForm(request.POST, where=f"edit-{pk}")
    if form.is_valid():
        try:
            comment.revise(person(request), form.cleaned_data["body"])
        except Refused as refused:
            form.refuse(refused)
    if form.errors:
        return shown(request, thread, comment, status=UNPROCESSABLE, editing=form)
    if request.htmx:
        fresh = thread.now()
        return shown(request, fresh, fresh.find(pk), focus=pk)
    return redirect(place_of(thread, comment))


@require_POST
def remove_comment(request: Request, pk: int) -> HttpResponse:
    """Remove one's comment, or take that back: what is posted is what is wanted."""
    thread, comment = comment_or_404(request, pk)
    act = ACTS.get(request.POST.get("action", "remove"))
    if act is None:
        return HttpResponseBadRequest()
    try:
        act(comment, person(request))
    except Refused as refused:
        messages.error(request, refused.message)
    if request.htmx:
        fresh = thread.now()
        return shown(request, fresh, fresh.find(pk), focus=pk, counted=True)
    return redirect(place_of(thread, comment))
