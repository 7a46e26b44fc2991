"""One node: everything of the embedded default in one data folder, opened in the right order.

    log/            the log (ledger)
    log.key         its Ed25519 key, mode 0600
    index.sqlite    event index      projections: may be deleted, are built anew from the log
    stock.sqlite    stock
    records.sqlite  tokens, parties, jobs, label serials: back this up with the log

A node opened for writing holds the log's lock; a second one is refused. `Node.follow` opens the same folder
for reading beside a running writer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress

from foundation.access import KINDS as ACCESS_KINDS
from foundation.access import Register
from foundation.records import Kind, SqliteRecords
from labels import KINDS as LABEL_KINDS
from ledger import FileStorage, Log, ReadOnlyLog, load_or_create_key
from logistics.stock import Stock, StockProjection
from suyuan.settings import Settings, SettingsError
from trace_api import (
    JOB_KIND,
    Capture,
    EventIndex,
    Follower,
    SqliteIndex,
    TraceService,
    indexed,
)
from trace_api.lineage import Lineage
from trace_api.service import now_us
from trace_api.store import IndexUnusable

__all__ = ["LOCAL_PARTY", "PROJECTIONS", "RECORD_KINDS", "Node", "log_key"]

LOCAL_PARTY = "urn:suyuan:party:local"
"""Captures from the command line into the data folder, where no party is named."""

SECRET_KIND = Kind("secret")
RECORD_KINDS = (*ACCESS_KINDS, *LABEL_KINDS, JOB_KIND, SECRET_KIND)
PROJECTIONS = ("index.sqlite", "stock.sqlite")
"""Files that may be deleted at any time: they are built anew from the log."""


def log_key(settings: Settings) -> str:
    """The log's public key, as verifiers pin it.

    Raises:
        SettingsError: there is no log in the data folder.
    """
    try:
        return (settings.data / "log.pub").read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise SettingsError(f"there is no log in {settings.data} yet: {fault.strerror}") from fault


class Node:
    """The rooms of one data folder, wired together; a context manager that closes them."""

    def __init__(
        self,
        settings: Settings,
        log: Log | ReadOnlyLog,
        index: EventIndex,
        records: SqliteRecords,
        stock: Stock,
        writer: Capture | None = None,
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        self.settings = settings
        self.log = log
        self.index = index
        self.records = records
        self.register = Register(records)
        self.stock = stock
        self._writer = writer
        self._closing = closing
        self.service = TraceService(log, index, self.register, records, _page_key(records), writer)

    @property
    def writer(self) -> Capture:
        """The capture pipeline of a node opened for writing."""
        assert self._writer is not None, "this node follows; it was not opened for writing"
        return self._writer

    @classmethod
    def open(cls, settings: Settings, *, progress: Console | None = None) -> Self:
        """Open a data folder for writing, making it where there is none.

        The index and the stock are brought up to the log before this returns; `progress` shows it where it
        takes long.

        Raises:
            LogLocked: another process writes to this folder.
            LedgerError: the log is damaged, or its name or key is not the one given.
        """
        folder = settings.data
        folder.mkdir(parents=True, exist_ok=True)
        storage = FileStorage(folder / "log", url=settings.base_url)
        log = Log.open(storage, load_or_create_key(folder / "log.key"), settings.origin, now_us)
        (folder / "log.pub").write_text(log.verifier_key() + "\n", encoding="utf-8")
        index = _open_index(folder / "index.sqlite")
        records = SqliteRecords(folder / "records.sqlite", RECORD_KINDS)
        stock = StockProjection(folder / "stock.sqlite", Lineage(index.facts), reached=lambda: index.position)
        follower = Follower("stock", stock, log, indexed)
        writer = Capture(log, index, on_commit=lambda _: follower.notify())
        with Progress(console=progress, transient=True, disable=progress is None) as bar:
            task = bar.add_task("bringing the event index up to the log", total=None)
            writer.start(lambda done, total: bar.update(task, completed=done, total=total))
            bar.update(task, description="bringing the stock up to the log")
            follower.start()
        closing = (writer.stop, follower.stop, stock.close)
        return cls(settings, log, index, records, stock.stock, writer, closing)

    @classmethod
    def follow(cls, settings: Settings) -> Self:
        """Open a data folder for reading, beside a running writer or without one."""
        folder = settings.data
        log = ReadOnlyLog.open(FileStorage(folder / "log"), log_key(settings))
        index = SqliteIndex(folder / "index.sqlite", read_only=True)
        records = SqliteRecords(folder / "records.sqlite", RECORD_KINDS)
        return cls(settings, log, index, records, Stock(folder / "stock.sqlite"))

    @staticmethod
    @contextmanager
    def locked(settings: Settings) -> Iterator[None]:
        """Keep every writer out of a data folder for a while.

        Raises:
            LogLocked: one is at work there.
        """
        storage = FileStorage(settings.data / "log", url=None)
        storage.acquire()
        try:
            yield
        finally:
            storage.close()

    def close(self) -> None:
        """Finish what waits, then close everything."""
        for close in self._closing:
            close()
        self.index.close()
        self.records.close()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _page_key(records: SqliteRecords) -> bytes:
    """The secret that signs paging tokens; made once, kept across restarts."""
    record = records.get(SECRET_KIND.name, "paging")
    if record is None:
        record = records.put(SECRET_KIND.name, "paging", {"key": secrets.token_hex(32)}, if_version=None)
    return bytes.fromhex(record.value["key"])


def _open_index(path: Path) -> SqliteIndex:
    """The event index; one that cannot be used is a projection, so it is put aside and built anew."""
    try:
        return SqliteIndex(path)
    except IndexUnusable:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return SqliteIndex(path)
