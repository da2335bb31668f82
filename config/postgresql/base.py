"""PostgreSQL as Django knows it, but for what every request costs and what fails when large."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

# Its stubs know no cursors.
_base: Any = base
# What the protocol counts the parameters of a statement with.
MOST_PARAMETERS = 2**16 - 1


class Cursor(_base.ServerBindingCursor):  # type: ignore[misc]
    def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
        """With the parameters beside the statement, or in it where they are too many for that."""
        if params is not None and len(params) > MOST_PARAMETERS:
            query, params = _base.Cursor(self.connection).mogrify(query, params), None
        return super().execute(query, params, **how)


class DatabaseWrapper(base.DatabaseWrapper):
    connection: Any

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if params["cursor_factory"] is _base.ServerBindingCursor:
            params["cursor_factory"] = Cursor
        return params

    def is_usable(self) -> bool:
        """Whether the server holds the connection still, without the query of every request.

        Between two requests a server has nothing to say but that it ends: where there is something
        to read, a new connection is made.
        """
        if self.connection is None or self.connection.closed:
            return False
        told = select.poll()
        told.register(self.connection.fileno(), select.POLLIN)
        idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        return idle and not told.poll(0)
