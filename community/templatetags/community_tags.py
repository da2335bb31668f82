from typing import Any, cast

from django import template
from django.http import HttpRequest
from django.template import Context

from accounts.models import User
from community import news, searches
from community.following import Following
from community.forms import CommentForm, SearchNameForm
from community.models import SavedSearch
from community.models.saved_search import LONGEST_NAME
from community.thread import Thread
from ideas.listing import Listing
from ideas.models import Idea

register = template.Library()

NEWS_AT_HOME = 3


def _reader(context: Context) -> User:
    request: HttpRequest = context["request"]
    return cast(User, request.user)


@register.inclusion_tag("community/thread.html", takes_context=True)
def thread(context: Context, idea: Idea) -> dict[str, Any]:
    """The comments of the idea's group, whether one follows it, and the form to add a comment."""
    comments = Thread(idea, _reader(context))
    return {
        "idea": comments.head,
        "thread": comments,
        "part": comments.latest(),
        "form": CommentForm(unnamed=comments.is_mine_unnamed),
        "following": Following.of(comments.head, comments.person, comments.is_mine),
    }


@register.inclusion_tag("community/my_news.html", takes_context=True)
def my_news(context: Context) -> dict[str, Any]:
    """The newest unread news of the signed-in person, for the home page."""
    person = _reader(context)
    newest = news.in_words(news.unread_lines(person, NEWS_AT_HOME))
    return {
        "alerts": searches.alerts(person)[:NEWS_AT_HOME],
        "news": [each for each in newest if each.idea.is_readable_by(person)],
    }


@register.inclusion_tag("community/save_search.html", takes_context=True)
def save_search(context: Context, listing: Listing) -> dict[str, Any]:
    """The form to save what is listed, or that it is saved already."""
    search = SavedSearch.of(_reader(context), listing)
    initial = {"name": listing.name[:LONGEST_NAME]}
    return {
        "search": search,
        "form": SearchNameForm(optional=True, auto_id="save-%s", initial=initial),
        "action": searches.saving_url(listing),
    }
