"""Sessions in the database, read by every request with a query that is made once.

Not in the cache: a session that was ended while Redis was away would come back with it.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils import timezone

from prepared import Prepared

_STORED = Prepared(
    lambda about, _among: Session.objects.filter(
        session_key=about, expire_date__gt=Now()
    ).values_list("session_data", "expire_date")
)


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        rows = _STORED.rows(self.session_key) if self.session_key else []
        if not rows:
            self._session_key = None
            return {}
        data, ends = rows[0]
        stored: dict[str, Any] = self.decode(data)
        lasts = timedelta(seconds=stored.get("_session_expiry") or settings.SESSION_COOKIE_AGE)
        # Whoever keeps coming is not signed out in mid-sentence; a write a week is enough for it.
        if ends - timezone.now() < lasts / 2:
            self.modified = True
        return stored
