"""PostgreSQL as Django knows it, but for what every request costs and what fails when large."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

# Its stubs know no cursors.
_base: Any = base
# What the protocol counts the parameters of a statement with.
MOST_PARAMETERS = 2**16 - 1
# A kept connection is asked at most so often.
ASKED_SECONDS = 5.0


class Cursor(_base.ServerBindingCursor):  # type: ignore[misc]
    def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
        """With the parameters beside the statement, or in it where they are too many for that."""
        if params is not None and len(params) > MOST_PARAMETERS:
            query, params = _base.Cursor(self.connection).mogrify(query, params), None
            how["prepare"] = False
        return super().execute(query, params, **how)


class DatabaseWrapper(base.DatabaseWrapper):
    connection: Any
    _asked_at = float("-inf")

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if params["cursor_factory"] is _base.ServerBindingCursor:
            params["cursor_factory"] = Cursor
        return params

    def is_usable(self) -> bool:
        """Whether the server holds the connection still, mostly without the query of every request.

        Between two requests a server has nothing to say but that it ends: where there is something
        to read, a new connection is made. One that went without a word is found by asking, after
        an error and every few seconds.
        """
        if self.connection is None or self.connection.closed:
            return False
        told = select.poll()
        told.register(self.connection.fileno(), select.POLLIN)
        idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        if not idle or told.poll(0):
            return False
        if self.errors_occurred or time.monotonic() - self._asked_at > ASKED_SECONDS:
            self._asked_at = time.monotonic()
            return bool(super().is_usable())
        return True
