from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.models import Page

from community import news, searches
from community.following import Following
from community.models import Comment, Follow, LastLook, Match, Notification
from community.views.reading import UNPROCESSABLE, Request, place_of, thread_or_404
from ideas.models import Event, Refused
from ideas.views.reading import person, readable_or_404

IDEAS_PER_PAGE = 10
NEWS_PER_IDEA = 5


@require_safe
def notifications(request: Request) -> HttpResponse:
    """What this person is told: of their searches, then idea by idea, the newest first."""
    me = person(request)
    lines = news.lines(me)
    alerts = searches.alerts(me)
    page = Paginator(news.by_idea(lines), IDEAS_PER_PAGE).get_page(request.GET.get("page"))
    url = reverse("community:notifications")
    context = {
        "groups": news.groups_in_words(list(page), me, NEWS_PER_IDEA),
        "alerts": alerts if page.number == 1 else [],
        "unread": sum(line.unread for line in lines) + len(alerts),
        "newest": max((line.event for line in lines), default=0),
        "newest_match": max((alert.new.match for alert in alerts), default=0),
        "previous_url": page.has_previous() and f"{url}?page={page.previous_page_number()}",
        "next_url": page.has_next() and f"{url}?page={page.next_page_number()}",
    }
    return render(request, "community/news.html", context)


@require_POST
def mark_read(request: Request) -> HttpResponse:
    """All news are read, but those that came since the page was shown."""
    try:
        newest, match = int(request.POST.get("newest", "")), int(request.POST.get("match", "0"))
    except ValueError:
        raise Http404 from None
    latest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    LastLook.note(person(request), min(newest, latest))
    Match.objects.note_seen(person(request), match)
    messages.success(request, _("All your news is marked as read."))
    return redirect("community:notifications")


@require_safe
def read(request: Request, event: int) -> HttpResponse:
    """Go to what a line of news is about; it is then read."""
    told = get_object_or_404(Event.objects.select_related("idea"), pk=event)
    idea = readable_or_404(request, told.idea_id)
    if request.method == "GET":
        Notification.objects.filter(
            person=person(request), event=told, read_at__isnull=True
        ).update(read_at=timezone.now())
    if told.kind == Event.Kind.COMMENTED:
        thread = thread_or_404(request, idea.pk)
        try:
            return redirect(place_of(thread, thread.find(told.data["comment"])))
        except (KeyError, Comment.DoesNotExist):
            return redirect(f"{thread.head.get_absolute_url()}#comments")
    project = Page.objects.live().filter(pk=told.data.get("project") or 0).first()
    return redirect((project and project.get_url(request)) or idea.get_absolute_url())


@require_POST
def follow(request: Request, pk: int) -> HttpResponse:
    """Follow an idea or no longer: what is posted is what is wanted."""
    thread = thread_or_404(request, pk)
    refused = None
    try:
        Follow.choose(thread.head, person(request), request.POST.get("follow") == "1")
    except Refused as refusal:
        refused = refusal
        messages.error(request, refusal.message)
    if not request.htmx:
        return redirect(f"{thread.head.get_absolute_url()}#follow")
    following = Following.of(thread.head, person(request), thread.is_mine)
    return render(
        request,
        "community/follow.html",
        {"following": following, "idea": thread.head, "focus": True},
        status=UNPROCESSABLE if refused else 200,
    )
