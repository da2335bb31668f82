from community.models.comment import Comment
from community.models.follow import Follow
from community.models.notification import LastLook, Notification, Untold, mark_told, mark_untold
from community.models.saved_search import Match, SavedSearch

__all__ = [
    "Comment",
    "Follow",
    "LastLook",
    "Match",
    "Notification",
    "SavedSearch",
    "Untold",
    "mark_told",
    "mark_untold",
]
