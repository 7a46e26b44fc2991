"""A cache whose entries have weights: bounded by their sum, so that few large ones count as much as many small."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

__all__ = ["Weighed"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Weighed(Generic[K, V]):
    """Keeps what was used last, up to a weight in all. Safe to call from any thread.

    Args:
        most: the sum of weights kept at most; what is heavier than an eighth of it alone is not kept.
        weigh: the weight of one value, at least 1.

    >>> cache = Weighed[str, str](80, len)
    >>> cache.put({"a": "x" * 10, "b": "y" * 11, "c": ""})
    >>> sorted(cache.get(["a", "b", "c"]))
    ['a', 'c']
    """

    def __init__(self, most: int, weigh: Callable[[V], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    @property
    def weight(self) -> int:
        """The sum of the weights kept now."""
        return self._weight

    def get(self, keys: Iterable[K]) -> dict[K, V]:
        """Those of the keys that are kept."""
        found: dict[K, V] = {}
        with self._lock:
            for key in keys:
                kept = self._values.get(key)
                if kept is not None:
                    self._values.move_to_end(key)
                    found[key] = kept[0]
        return found

    def put(self, values: Mapping[K, V]) -> None:
        """Keep these, and forget what was not used for longest."""
        with self._lock:
            for key, value in values.items():
                weight = max(1, self._weigh(value))
                if weight * 8 > self._most or key in self._values:
                    continue
                self._values[key] = (value, weight)
                self._weight += weight
            while self._weight > self._most:
                _, (_, weight) = self._values.popitem(last=False)
                self._weight -= weight

    def drop(self, keys: Iterable[K]) -> None:
        """Forget these."""
        with self._lock:
            for key in keys:
                _, weight = self._values.pop(key, (None, 0))
                self._weight -= weight

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._weight = 0
