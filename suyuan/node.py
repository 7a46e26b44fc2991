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
from contextlib import ExitStack, contextmanager
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
from logistics import StockUnavailable, StockUnusable
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
from trace_api.store import IndexUnavailable, IndexUnusable
from trace_api.store.connections import private_file

__all__ = [
    "LOCAL_PARTY",
    "PROJECTIONS",
    "RECORD_KINDS",
    "Node",
    "ProjectionUnavailable",
    "ProjectionUnusable",
    "log_key",
    "remove_projection",
]

LOCAL_PARTY = "urn:suyuan:party:local"
"""Captures from the command line into the data folder, where no party is named."""

SECRET_KIND = Kind("secret")
RECORD_KINDS = (*ACCESS_KINDS, *LABEL_KINDS, JOB_KIND, SECRET_KIND)
PROJECTIONS = ("index.sqlite", "stock.sqlite")
"""Files that may be deleted at any time: they are built anew from the log."""
CLOSE_SECONDS = 5.0
"""How long a closing node waits for its stock; what is left then is done when it is next opened."""


class ProjectionUnusable(Exception):
    """A projection is missing or damaged, and this process does not write: it can be built anew."""


class ProjectionUnavailable(Exception):
    """A projection cannot be opened now, most often because another process has locked it; it is left alone."""


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
    def open(cls, settings: Settings, *, progress: Console | None = None, serving: bool = False) -> Self:
        """Open a data folder for writing, making it where there is none.

        The index is brought up to the log before this returns, and so is the stock unless the node is to serve
        (it then follows meanwhile, and its answers say how far it is); `progress` shows it where it takes
        long. `serving` tells others that ask for the lock where this node can be reached.

        Raises:
            LogLocked: another process writes to this folder.
            SettingsError: the log's key is missing.
            LedgerError: the log is damaged, or its name or key is not the one given.
            ProjectionUnavailable: the index or the stock cannot be opened now.
        """
        folder = settings.data
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / "log").is_dir() and not (folder / "log.key").exists():
            raise SettingsError(
                f"{folder / 'log.key'} is missing, without which the log cannot go on: restore it"
            )
        storage = FileStorage(folder / "log", url=settings.base_url if serving else None)
        with ExitStack() as opened:  # what was opened is closed where the rest cannot be
            log = Log.open(storage, load_or_create_key(folder / "log.key"), settings.origin, now_us)
            opened.callback(log.close)
            (folder / "log.pub").write_text(log.verifier_key() + "\n", encoding="utf-8")
            index = _open_index(folder / "index.sqlite")
            opened.callback(index.close)
            private_file(folder / "records.sqlite")
            records = SqliteRecords(folder / "records.sqlite", RECORD_KINDS)
            opened.callback(records.close)
            stock = _open_stock(folder / "stock.sqlite", index)
            opened.callback(stock.close)
            follower = Follower("stock", stock, log, indexed, upto=lambda: index.position)
            writer = Capture(log, index, on_commit=lambda _: follower.notify())
            opened.callback(writer.stop)
            with Progress(
                console=progress, transient=True, disable=progress is None or not progress.is_terminal
            ) as bar:
                task = bar.add_task("bringing the event index up to the log", total=None)
                writer.start(lambda done, total: bar.update(task, completed=done, total=total))
                bar.update(task, description="bringing the stock up to the log")
                follower.start(wait=not serving)
            opened.pop_all()

        def settled() -> None:  # who reads this folder next finds the stock of all that was captured
            follower.wait(index.position, CLOSE_SECONDS)

        closing = (writer.stop, settled, follower.stop, stock.close)
        return cls(settings, log, index, records, stock.stock, writer, closing)

    @classmethod
    def follow(cls, settings: Settings) -> Self:
        """Open a data folder for reading, beside a running writer or without one.

        Raises:
            SettingsError: there is no log in the data folder.
            ProjectionUnusable: the index or the stock is missing or damaged.
            ProjectionUnavailable: one of them cannot be opened now.
        """
        folder = settings.data
        log = ReadOnlyLog.open(FileStorage(folder / "log"), log_key(settings))
        try:
            index = SqliteIndex(folder / "index.sqlite", read_only=True)
            stock = Stock(folder / "stock.sqlite")
        except (IndexUnusable, StockUnusable) as fault:
            raise ProjectionUnusable(f"{fault}; `suyuan log rebuild` builds it anew from the log") from fault
        except (IndexUnavailable, StockUnavailable) as fault:
            raise ProjectionUnavailable(str(fault)) from fault
        records = SqliteRecords(folder / "records.sqlite", RECORD_KINDS)
        return cls(settings, log, index, records, stock, closing=(stock.close,))

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
    """The event index; one that is damaged or of another format is deleted and built anew from the log.

    Raises:
        ProjectionUnavailable: it cannot be opened now, which says nothing against it.
    """
    try:
        return SqliteIndex(path)
    except IndexUnusable:
        remove_projection(path)
        return SqliteIndex(path)
    except IndexUnavailable as fault:
        raise ProjectionUnavailable(str(fault)) from fault


def _open_stock(path: Path, index: EventIndex) -> StockProjection:
    """The stock; as the index, built anew where it cannot be used."""
    lineage = Lineage(index.facts)
    try:
        return StockProjection(path, lineage, reached=lambda: index.position)
    except StockUnusable:
        remove_projection(path)
        return StockProjection(path, lineage, reached=lambda: index.position)
    except StockUnavailable as fault:
        raise ProjectionUnavailable(str(fault)) from fault


def remove_projection(database: Path) -> None:
    """Delete a projection's file with what SQLite keeps beside it; nobody may have it open."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
