"""PostgreSQL as Django knows it, but for how a connection that was kept is looked at."""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    connection: Any

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
