from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from search.find import is_degraded, readiness

# A few ideas that came just now are no news.
WORTH_SAYING = 20


def search_notice(request: HttpRequest) -> dict[str, object]:
    """What people should know of the search's state; looked up only where a page shows it."""
    return {"search_notice": SimpleLazyObject(notice)}


def notice() -> dict[str, str] | None:
    """`kind` and `text` of a quiet notice, None while all is well."""
    if is_degraded():
        text = _(
            "Search is answering from its reserve engine for the moment: "
            "results may be a little less precise."
        )
        return {"kind": "degraded", "text": text}
    ready = readiness()
    if ready.total - ready.embedded <= max(WORTH_SAYING, ready.total // 100):
        return None
    numbers = {
        "embedded": number_format(ready.embedded, force_grouping=True),
        "total": number_format(ready.total, force_grouping=True),
    }
    text = _(
        "Search by meaning is being prepared: %(embedded)s of %(total)s ideas. "
        "Meanwhile, ideas are found by their words."
    )
    return {"kind": "degraded", "text": text % numbers}
