"""Addresses of the moderators' pages, which keep the filters of the queue."""

from django import template
from django.utils.http import urlencode

from ideas.models import Idea
from ideas.triage.queue import Queue
from search.models import Pair

register = template.Library()


@register.simple_tag
def review_url(queue: Queue, idea: Idea) -> str:
    return queue.review_url(idea.pk)


@register.simple_tag
def pair_url(queue: Queue, pair: Pair) -> str:
    return queue.pair_url(pair.pk)


@register.simple_tag
def compare_url(queue: Queue, idea: Idea, other: Idea) -> str:
    url = queue.review_url(idea.pk)
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'compare': other.pk})}"
