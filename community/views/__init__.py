from community.views.moderation import hide_comment
from community.views.news import follow, mark_read, notifications, read
from community.views.own import edit_comment, remove_comment
from community.views.searches import (
    open_search,
    remove_search,
    rename_search,
    save_search,
    searches,
    set_alerts,
)
from community.views.writing import answer_comment, answers, comments, show_comment

__all__ = [
    "answer_comment",
    "answers",
    "comments",
    "edit_comment",
    "follow",
    "hide_comment",
    "mark_read",
    "notifications",
    "open_search",
    "read",
    "remove_comment",
    "remove_search",
    "rename_search",
    "save_search",
    "searches",
    "set_alerts",
    "show_comment",
]
