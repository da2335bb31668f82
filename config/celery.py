import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class WakeUp(DjangoTask):  # type: ignore[type-arg]
    """A task woken at a commit. What it is to do stands in a row, and a sweep finds that too:

    a broker that is away is logged, and breaks nobody's request.
    """

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        self.apply_async_on_commit(args, kwargs)

    def apply_async_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        # Django names what failed in its log: a function has a name, a partial has none.
        def wake() -> None:
            self.apply_async(*args, **kwargs)

        transaction.on_commit(wake, robust=True)


app = Celery("tournee", task_cls=WakeUp)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
