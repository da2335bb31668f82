from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from django.core.cache import cache

Thing = TypeVar("Thing")
_memories: "list[Memory[object]]" = []


class Memory(Generic[Thing]):
    """What a process remembers for some seconds; of more than `most` things, those wanted last."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._things: OrderedDict[Hashable, tuple[float, Thing]] = OrderedDict()
        self._lock = Lock()
        _memories.append(self)  # type: ignore[arg-type]

    def get(self, name: Hashable) -> Thing | None:
        with self._lock:
            until, thing = self._things.get(name, (0.0, None))
            if thing is None or until < monotonic():
                return None
            self._things.move_to_end(name)
            return thing

    def keep(self, name: Hashable, thing: Thing) -> None:
        with self._lock:
            self._things[name] = monotonic() + self.seconds, thing
            self._things.move_to_end(name)
            if len(self._things) > self.most:
                self._things.popitem(last=False)

    def get_or_make(self, name: Hashable, make: Callable[[], Thing]) -> Thing:
        """What is remembered, or else made now and kept."""
        thing = self.get(name)
        if thing is None:
            thing = make()
            self.keep(name, thing)
        return thing

    def clear(self) -> None:
        with self._lock:
            self._things.clear()

    def values(self) -> list[Thing]:
        with self._lock:
            return [thing for _until, thing in self._things.values()]


def shared(name: str, seconds: float, make: Callable[[], Thing]) -> Thing:
    """What all processes know for so many seconds, or else made now and told to them."""
    known: Thing | None = cache.get(name)
    if known is None:
        known = make()
        cache.set(name, known, seconds)
    return known


def forget() -> None:
    """Everything that this process remembers."""
    for memory in _memories:
        memory.clear()
