"""What every kind of reader looks like to the rest of the room.

A driver (LLRP, and later PC/SC, NFC, vendor JSON, a barcode scanner) connects to one reader, keeps the
connection alive, and hands over what the reader sees as batches of `TagRead`. It never decides anything:
filtering is `collection`, meaning is `context`.

The life of a driver:

1. `start()` returns at once; the connection is made, and made again when lost, in the background.
2. `batches()` yields what was read, in the order of arrival, until `stop()`. There is one consumer.
3. `begin()` and `end()` switch a reader that reads on demand on and off; a reader that reads all the
   time takes no notice.
4. `stop()` closes the connection cleanly; `batches()` then ends.

`health()` may be asked at any time and never blocks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import time_ns
from typing import NamedTuple, Protocol, runtime_checkable

__all__ = ["Clock", "Driver", "Health", "ReadQueue", "State", "TagRead", "system_clock", "tag_reads"]

Clock = Callable[[], int]
"""Gives the time as UTC microseconds since 1970."""


def system_clock() -> int:
    """The time of this machine in UTC microseconds since 1970."""
    return time_ns() // 1000


class TagRead(NamedTuple):
    """One tag seen by one antenna. (A tuple, not a dataclass: hundreds of thousands are made every second.)

    Times are UTC microseconds, corrected for the reader's clock; `rssi` is in dBm, `phase` in degrees.
    """

    reader: str
    antenna: int
    epc: bytes
    rssi: float | None = None
    first_seen: int = 0
    last_seen: int = 0
    seen_count: int = 1
    channel: int | None = None
    tid: bytes | None = None
    phase: float | None = None
    custom: tuple[tuple[int, int, bytes], ...] = ()
    """Vendor parameters carried through: (vendor, subtype, data)."""


class State(StrEnum):
    """Where a driver's connection stands."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    """The connection failed or was lost; the next attempt is due after a pause."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a driver is doing; instants are UTC microseconds, None where it has not happened yet."""

    reader: str
    state: State
    connected: bool
    connected_since: int | None = None
    last_heard: int | None = None
    """Any complete message of the reader."""
    last_keepalive: int | None = None
    connections: int = 0
    failures: int = 0
    """Attempts that failed and connections that were lost."""
    tags_read: int = 0
    tags_dropped: int = 0
    """Reads thrown away, oldest first, because nobody took them from `batches()`."""
    clock_offset: int | None = None
    """Microseconds added to the reader's clock."""
    last_error: str | None = None
    description: str | None = None
    """Maker, model and firmware as the reader states them."""


@runtime_checkable
class Driver(Protocol):
    """A connection to one reader; see the module for its life."""

    @property
    def reader(self) -> str:
        """The reader's id in the settings."""

    async def start(self) -> None:
        """Begin connecting in the background."""

    async def stop(self) -> None:
        """Close the connection and end `batches()`."""

    async def begin(self) -> None:
        """Read from now on, where the reader reads on demand; raises `ReaderUnavailable` when not
        connected."""

    async def end(self) -> None:
        """Stop reading, where the reader reads on demand."""

    def batches(self) -> AsyncIterator[Sequence[TagRead]]:
        """What was read, in the order of arrival."""

    def health(self) -> Health:
        """How the connection stands now."""


async def tag_reads(driver: Driver) -> AsyncIterator[TagRead]:
    """The reads of a driver one by one, for consumers that do not mind the cost of a step per tag."""
    async for batch in driver.batches():
        for read in batch:
            yield read


class ReadQueue:
    """Batches between a driver and its consumer, bounded by the number of reads.

    When it is full the oldest batch goes and is counted: a tag in the field is read again, and a reader whose
    connection is not served would be lost altogether.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._batches: deque[Sequence[TagRead]] = deque()
        self._limit = limit
        self._held = 0
        self._ready = asyncio.Event()
        self._closed = False
        self.dropped = 0

    def put(self, batch: Sequence[TagRead]) -> None:
        """Add a batch; never blocks."""
        if not batch or self._closed:
            return
        self._batches.append(batch)
        self._held += len(batch)
        while self._held > self._limit and len(self._batches) > 1:
            lost = len(self._batches.popleft())
            self._held -= lost
            self.dropped += lost
        self._ready.set()

    def close(self) -> None:
        """No more batches: the consumer gets what is held, then the end."""
        self._closed = True
        self._ready.set()

    async def batches(self) -> AsyncIterator[Sequence[TagRead]]:
        """The batches in order, until closed."""
        while True:
            while self._batches:
                batch = self._batches.popleft()
                self._held -= len(batch)
                yield batch
            if self._closed:
                return
            self._ready.clear()
            await self._ready.wait()
