"""The cache that all processes share, and what each has for itself while that one is away."""

import logging
import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# A server that is away is asked again after so long: one that does not even refuse takes its time.
AGAIN_SECONDS = 2.0
ENTRIES = 20_000


class Outage:
    """Of this process: each thread has a cache object of its own."""

    away = False
    asked_again_at = 0.0


class FailoverCache(BaseCache):
    """Redis; while it does not answer, this process's memory, as in an installation without Redis.

    To answer nothing instead would not do: attempts to sign in are counted here, behind a lock
    that could not be had, and nobody could sign in.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._shared: RedisCache[Any] = RedisCache(server, params)
        self._own = LocMemCache("failover", {"OPTIONS": {"MAX_ENTRIES": ENTRIES}})

    def _answer(self, question: str, *args: Any, **kwargs: Any) -> Any:
        if not Outage.away or time.monotonic() >= Outage.asked_again_at:
            try:
                answer = getattr(self._shared, question)(*args, **kwargs)
            except (RedisError, OSError) as away:
                self._begin(away)
            else:
                Outage.away = False
                return answer
        return getattr(self._own, question)(*args, **kwargs)

    def _begin(self, away: Exception) -> None:
        if not Outage.away:
            logger.warning("Redis does not answer; each process remembers for itself: %s", away)
            # What it remembered of the outage before may have changed since.
            self._own.clear()
        Outage.away, Outage.asked_again_at = True, time.monotonic() + AGAIN_SECONDS

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._answer("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._answer("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._answer("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._answer("delete", *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._answer("has_key", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._answer("incr", *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(self._answer("get_many", *args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._answer("set_many", *args, **kwargs) or ())

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._answer("delete_many", *args, **kwargs)

    def clear(self) -> None:
        self._answer("clear")
