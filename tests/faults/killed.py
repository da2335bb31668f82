"""For `celery worker --include`: the worker is killed at a task, before the broker is told of it.

`KILLED` says before or after which task, `UNPROTECTED` which of its settings is taken off.
"""

import os
import signal
from typing import Any

from celery import current_app
from celery.signals import task_postrun, task_prerun, worker_init

when, name = os.environ["KILLED"].split()
unprotected = os.environ.get("UNPROTECTED")


def kill(task: Any, **_: Any) -> None:
    """A task that is handed out again runs to its end."""
    if task.name == name and not task.request.delivery_info["redelivered"]:
        os.kill(os.getpid(), signal.SIGKILL)


def take_off(**_: Any) -> None:
    if unprotected:
        setattr(current_app.tasks[name], unprotected, False)


{"before": task_prerun, "after": task_postrun}[when].connect(kill, weak=False)
worker_init.connect(take_off, weak=False)
