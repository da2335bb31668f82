"""What the clock does with saved searches, and what people are told of them."""

from accounts.models import User
from community import searches
from community.models import SavedSearch
from community.tasks import look_out


def told(person: User) -> list[str]:
    return [alert.sentence for alert in searches.alerts(person)]


def check() -> None:
    """What the clock does, whether tasks run here or wait for a worker."""
    for keys in SavedSearch.objects.due().in_batches():
        look_out(keys)
