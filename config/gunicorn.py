"""Settings of gunicorn: a worker reads the embedding model before a search waits for it."""

import threading
from typing import Any

# Nobody talks to it there, and a container has no home for it.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    threading.Thread(target=_warm_up, daemon=True).start()


def _warm_up() -> None:
    # The settings are there only once the worker has loaded the application.
    from search.embedding import EmbedderUnavailable
    from search.meaning import current_embedder

    embedder = current_embedder()
    if embedder.available:
        try:
            embedder.embed(["Bonjour"])
        except EmbedderUnavailable:
            return
