"""Sessions in the database, read by every request with a query that is made once.

Not in the cache: a session that was ended while Redis was away would come back with it.
"""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from prepared import Prepared

_STORED = Prepared(
    lambda about, _among: Session.objects.filter(
        session_key=about, expire_date__gt=Now()
    ).values_list("session_data")
)


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        rows = _STORED.rows(self.session_key) if self.session_key else []
        if not rows:
            self._session_key = None
            return {}
        stored: dict[str, Any] = self.decode(rows[0][0])
        return stored
