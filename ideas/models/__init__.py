from ideas.models.answer import Answer
from ideas.models.audience import Audience
from ideas.models.draft import Draft
from ideas.models.event import Event
from ideas.models.idea import Idea
from ideas.models.queryset import IdeaQuerySet
from ideas.models.seal import Seal
from ideas.models.state import Conflict, Refused
from ideas.models.taxonomy import Campaign, Channel, Moment, Theme
from ideas.models.verdict import Verdict
from ideas.models.vote import Vote

__all__ = [
    "Answer",
    "Audience",
    "Campaign",
    "Channel",
    "Conflict",
    "Draft",
    "Event",
    "Idea",
    "IdeaQuerySet",
    "Moment",
    "Refused",
    "Seal",
    "Theme",
    "Verdict",
    "Vote",
]
