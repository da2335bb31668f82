from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from community.following import Following
from community.forms import CommentForm
from community.models import Comment
from community.thread import Row, Thread
from community.views.reading import (
    UNPROCESSABLE,
    Request,
    comment_or_404,
    place_of,
    shown,
    thread_or_404,
)
from ideas.models import Refused
from ideas.views.reading import person


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: Request, pk: int) -> HttpResponse:
    """Earlier comments of an idea; posted to, it takes a new one."""
    thread = thread_or_404(request, pk)
    if request.method == "POST":
        return _write(request, thread)
    before = _named(request, thread, "before")
    part = thread.latest(before=before, upto=_named(request, thread, "upto"))
    context = {
        "idea": thread.head,
        "thread": thread,
        "part": part,
        "joins": before if before and thread.continues(part, before) else None,
        "next": thread.after(part.rows[-1].comment) if part.rows else None,
    }
    if request.htmx:
        return _varying(render(request, "community/earlier.html", context))
    return _varying(render(request, "community/comments.html", context))


@require_safe
def answers(request: Request, pk: int) -> HttpResponse:
    """The answers to a comment; htmx gets those before one of them."""
    thread, comment = comment_or_404(request, pk)
    top = comment.reply_to or comment
    before, upto = _named(request, thread, "before"), _named(request, thread, "upto")
    part = thread.answers(top, before=before, upto=upto)
    if request.htmx:
        context = {"idea": thread.head, "thread": thread, "part": part, "top": top}
        return _varying(render(request, "community/earlier.html", context))
    row = thread.row(top)
    row.answers, row.earlier = part.rows, part.earlier
    return _varying(
        render(request, "community/one.html", {"idea": thread.head, "thread": thread, "row": row})
    )


@require_safe
def show_comment(request: Request, pk: int) -> HttpResponse:
    """Where a comment stands; htmx gets the comment itself."""
    thread, comment = comment_or_404(request, pk)
    if request.htmx:
        return shown(request, thread, comment, focus=comment.pk)
    return redirect(place_of(thread, comment))


@require_safe
def answer_comment(request: Request, pk: int) -> HttpResponse:
    """A comment with a form to answer it."""
    thread, comment = comment_or_404(request, pk)
    top = comment.reply_to or comment
    form = CommentForm(where=f"answer-{top.pk}", unnamed=thread.is_mine_unnamed)
    return shown(request, thread, top, answering=form)


def _named(request: Request, thread: Thread, name: str) -> Comment | None:
    key = request.GET.get(name, "")
    if not key:
        return None
    try:
        return thread.find(int(key))
    except (ValueError, OverflowError, Comment.DoesNotExist):
        raise Http404 from None


def _varying(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response


def _write(request: Request, thread: Thread) -> HttpResponse:
    top = None
    if "reply_to" in request.POST:
        top = _top(request, thread)
    where = f"answer-{top.pk}" if top else "new"
    form = CommentForm(request.POST, where=where, unnamed=thread.is_mine_unnamed)
    said = _said(request, thread, form, top)
    if said is None:
        return _again(request, thread, form, top)
    fresh = thread.now()
    if not request.htmx:
        return redirect(place_of(fresh, said))
    if top:
        return shown(request, fresh, fresh.find(top.pk), focus=said.pk, counted=True)
    context = {
        "idea": fresh.head,
        "thread": fresh,
        "form": CommentForm(unnamed=fresh.is_mine_unnamed),
        "row": _last(fresh, said.pk),
        "following": Following.of(fresh.head, person(request), fresh.is_mine),
        "focus": said.pk,
    }
    return render(request, "community/written.html", context)


def _top(request: Request, thread: Thread) -> Comment:
    try:
        comment = thread.find(int(request.POST["reply_to"]))
    except (ValueError, OverflowError, Comment.DoesNotExist):
        raise Http404 from None
    return comment.reply_to or comment


def _said(
    request: Request, thread: Thread, form: CommentForm, top: Comment | None
) -> Comment | None:
    if not form.is_valid():
        return None
    try:
        return Comment.write(
            thread.head,
            person(request),
            form.cleaned_data["body"],
            key=form.cleaned_data["key"],
            reply_to=top,
            as_author=form.as_author,
        )
    except Refused as refused:
        form.refuse(refused)
        return None


def _last(thread: Thread, pk: int) -> Row:
    """The new comment, with its divider if it is the first one on its idea."""
    rows = {row.comment.pk: row for row in thread.latest().rows}
    return rows.get(pk) or thread.one(thread.find(pk))


def _again(
    request: Request, thread: Thread, form: CommentForm, top: Comment | None
) -> HttpResponse:
    """The form with what was typed and what is wrong with it."""
    if top:
        return shown(request, thread, top, status=UNPROCESSABLE, answering=form)
    context = {"idea": thread.head, "thread": thread, "form": form}
    if request.htmx:
        return render(request, "community/form.html", context, status=UNPROCESSABLE)
    return render(request, "community/write.html", context)
