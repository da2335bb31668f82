from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from community.forms import HidingForm
from community.models import Comment
from community.thread import Thread
from community.views.reading import UNPROCESSABLE, Request, comment_or_404, place_of, shown
from ideas.models import Refused
from ideas.views.reading import person


@require_http_methods(["GET", "HEAD", "POST"])
def hide_comment(request: Request, pk: int) -> HttpResponse:
    """Hide a comment with a reason; posted `action=show`, it can be read again."""
    if not request.user.has_perm("ideas.moderate_idea"):
        raise PermissionDenied
    thread, comment = comment_or_404(request, pk)
    if request.POST.get("action") == "show":
        comment.unhide(person(request))
        return _done(request, thread, comment)
    form = HidingForm(request.POST or None, auto_id=f"hide-{pk}-%s")
    if form.is_valid():
        try:
            comment.hide(person(request), form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error("reason", refused)
        else:
            return _done(request, thread, comment)
    status = UNPROCESSABLE if form.errors else 200
    return shown(request, thread, comment, status=status, hiding=form)


def _done(request: Request, thread: Thread, comment: Comment) -> HttpResponse:
    if not request.htmx:
        return redirect(place_of(thread, comment))
    fresh = thread.now()
    return shown(request, fresh, fresh.find(comment.pk), focus=comment.pk, counted=True)
