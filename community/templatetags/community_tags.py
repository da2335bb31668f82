from typing import Any, cast

from django import template
from django.http import HttpRequest
from django.template import Context

from accounts.models import User
from community import news
from community.following import Following
from community.forms import CommentForm
from community.thread import Thread
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
    return {"news": [each for each in newest if each.idea.is_readable_by(person)]}
