from community.models.comment import Comment
from community.models.follow import Follow
from community.models.notification import LastLook, Notification, Untold, mark_told, mark_untold

__all__ = [
    "Comment",
    "Follow",
    "LastLook",
    "Notification",
    "Untold",
    "mark_told",
    "mark_untold",
]
