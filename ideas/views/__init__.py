from ideas.views.drafts import discard, draft, draft_photo, restore
from ideas.views.own import mine, revise, withdraw
from ideas.views.pages import alike_ideas, detail, photo
from ideas.views.search import idea_list, suggestions
from ideas.views.search_state import check_search, retry_refused, search_state
from ideas.views.submission import back_instead, place_choices, similar, submit
from ideas.views.votes import vote
from ideas.views.welcome import home

__all__ = [
    "alike_ideas",
    "back_instead",
    "check_search",
    "detail",
    "discard",
    "draft",
    "draft_photo",
    "home",
    "idea_list",
    "mine",
    "photo",
    "place_choices",
    "restore",
    "retry_refused",
    "revise",
    "search_state",
    "similar",
    "submit",
    "suggestions",
    "vote",
    "withdraw",
]
