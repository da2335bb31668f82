from django import template
from django.template import Context
from django.utils.safestring import SafeString

from ideas import listing
from ideas import vote_button as button
from ideas.models import Idea

register = template.Library()


@register.simple_tag(takes_context=True)
def vote_button(
    context: Context, idea: Idea, voted: bool = False, can_back: bool = False, wide: bool = False
) -> SafeString:
    """The button to back the idea; its number alone for whoever cannot."""
    return button.vote_button(
        idea,
        voted=bool(voted),
        can_back=bool(can_back),
        token=context.get("csrf_token", ""),
        wide=bool(wide),
    )


register.simple_tag(listing.orders)
