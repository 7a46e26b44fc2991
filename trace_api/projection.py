"""Projections follow the log: each has its own position, catches up, and is built anew when it does not fit.

A projection remembers the log size and root hash it was last built from. At start that pair is compared with
the log: a projection ahead of the log, or of another log, is cleared and built again (contract 7).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from ledger import Entry, LogReader

__all__ = ["Follower", "Projection", "catch_up", "settle"]

CHUNK = 1000
FOLLOWED = 50
"""Entries that a follower applies at once: so soon its readers see them, and so soon it can be stopped."""
RETRY_SECONDS = 1.0
LOOK_SECONDS = 1.0

T = TypeVar("T", contravariant=True)
logger = logging.getLogger(__name__)


class Projection(Protocol[T]):
    """State derived from the log; `apply` is idempotent and its position durable with its data."""

    def built_from(self) -> tuple[int, bytes]: ...

    def apply(self, first: int, entries: Sequence[T], root: bytes) -> None: ...

    def clear(self) -> None: ...


def settle(projection: Projection[Any], log: LogReader) -> bool:
    """Clear a projection that was not built from this log; True if it was cleared."""
    size, root = projection.built_from()
    if size == 0 or (size <= log.size and log.root(size) == root):
        return False
    projection.clear()
    return True


def catch_up(
    projection: Projection[T],
    log: LogReader,
    translate: Callable[[Entry], T],
    *,
    progress: Callable[[int, int], None] | None = None,
    upto: int | None = None,
    chunk: int = CHUNK,
    until: Callable[[], bool] | None = None,
) -> int:
    """Apply all entries that the projection has not seen.

    Args:
        translate: what an entry means to the projection.
        upto: log position to stop at; None: at the end of the log.
        progress: told (done, total) log entries after each chunk.
        chunk: entries applied at once.
        until: asked after each chunk whether to stop there.

    Returns:
        Entries applied.
    """
    start, _ = projection.built_from()
    total = max(start, log.size if upto is None else min(upto, log.size))
    stop = start
    for first in range(start, total, chunk):
        stop = min(first + chunk, total)
        entries = [translate(entry) for entry in log.entries(first, stop)]
        projection.apply(first, entries, log.root(stop))
        if progress is not None:
            progress(stop, total)
        if until is not None and until():
            break
    return stop - start


class Follower(Generic[T]):
    """Keeps a projection up with a log from a thread of its own.

    A fault while applying does not lose anything: it is logged and tried again, and `wait` tells readers
    that the projection is behind.

    Args:
        name: for the thread and the log lines.
        upto: how far it may go, where it rests on another projection; None: as far as the log.
    """

    def __init__(
        self,
        name: str,
        projection: Projection[T],
        log: LogReader,
        translate: Callable[[Entry], T],
        *,
        upto: Callable[[], int] | None = None,
    ) -> None:
        self._projection = projection
        self._log = log
        self._translate = translate
        self._upto: Callable[[], int] = upto or (lambda: log.size)
        self._name = name
        self._changed = threading.Condition()
        self._position = projection.built_from()[0]
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"suyuan-{name}", daemon=True)

    @property
    def position(self) -> int:
        """Log entries applied so far."""
        return self._position

    def start(self, *, wait: bool = True) -> None:
        """Settle the projection and follow the log; with `wait`, return when it has reached it."""
        if settle(self._projection, self._log):
            self._moved()
        if wait:
            self._step()
        self._thread.start()

    def notify(self) -> None:
        """The log has grown, or what this projection rests on has moved on."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, position: int, timeout: float) -> bool:
        """Wait until the projection has reached a log position; False if it did not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._position >= position, timeout)

    def stop(self) -> None:
        """End the thread after the chunk it is at."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _step(self) -> None:
        catch_up(
            self._projection,
            self._log,
            self._translate,
            progress=self._moved,
            upto=self._upto(),
            chunk=FOLLOWED,
            until=lambda: self._stopping,
        )

    def _moved(self, *_: int) -> None:
        with self._changed:
            self._position = self._projection.built_from()[0]
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                # Asked anew now and then: what it rests on may catch up without telling.
                behind = self._changed.wait_for(
                    lambda: self._stopping or self._upto() > self._position, LOOK_SECONDS
                )
                if self._stopping:
                    return
                if not behind:
                    continue
            try:
                self._step()
            except Exception:
                logger.exception("projection %s stopped at %d; trying again", self._name, self._position)
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, RETRY_SECONDS)
