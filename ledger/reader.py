"""What everybody may ask a log: entries, proofs, tiles, checkpoints. And the follower that asks from
outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger import commitment, tiles
from ledger.checkpoint import Checkpoint, NoteVerifier, open_note
from ledger.entry import Entry, Header
from ledger.errors import CorruptLog, LedgerError, UnknownPosition
from ledger.proof import ProofBundle
from ledger.storage.protocol import Committed, Storage, Stored
from ledger.tiles import TileTree

__all__ = ["LogReader", "ReadOnlyLog"]


class LogReader:
    """The reading half of a log, up to the checkpoint it holds. Safe to call from any thread."""

    def __init__(self, storage: Storage, state: Committed, verifier: NoteVerifier) -> None:
        self._storage = storage
        self._verifier = verifier
        self._tree = TileTree(storage.hashes)
        self._state = state

    @property
    def origin(self) -> str:
        """Name of the log, the first line of its checkpoints."""
        return self._verifier.name

    @property
    def size(self) -> int:
        """Number of entries committed."""
        return self._state.size

    def checkpoint(self) -> bytes:
        """Return the signed note over the entries so far."""
        return self._state.checkpoint

    def verifier_key(self) -> str:
        """Return the log's public key as the string that others pin."""
        return str(self._verifier)

    # Entries

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries [start, stop) in order; `stop` None means up to the present size.

        Raises:
            UnknownPosition: the range goes beyond the log.
            UnknownFormat: an entry has a version or kind that this program does not know.
            CorruptLog: an entry is not as it was written.
        """
        end = self.size if stop is None else stop
        if not 0 <= start <= end <= self.size:
            raise UnknownPosition(f"the log holds entries 0 to {self.size}, not {start} to {end}")
        for stored in self._storage.read(start, end):
            yield _entry(stored)

    def entry(self, position: int) -> Entry:
        """Return one entry; raises as `entries` does."""
        return _entry(self._stored(position))

    def _stored(self, position: int) -> Stored:
        if not 0 <= position < self.size:
            raise UnknownPosition(f"the log holds {self.size} entries, none at {position}")
        return next(iter(self._storage.read(position, position + 1)))

    # Proofs

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree over the first `size` entries."""
        return self._tree.root(self._size(size))

    def inclusion(self, position: int, size: int | None = None) -> list[bytes]:
        """Return the audit path of an entry in the tree of `size`, lowest hash first (RFC 9162 §2.1.3)."""
        return self._tree.inclusion(position, self._size(size))

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the first `old` entries begin the first `new` (RFC 9162 §2.1.4)."""
        return self._tree.consistency(old, self._size(new))

    def bundle(self, position: int, paths: Sequence[str]) -> ProofBundle:
        """Return a proof that the log holds this entry with the values at `paths`; it shows no other value.

        Args:
            position: which entry.
            paths: paths of `pairs`, such as "/epcList/3" or "#/party".

        Raises:
            UnknownPosition, UnknownPath, BodyErased.
        """
        state = self._state  # one checkpoint for the whole bundle, whatever is appended meanwhile
        stored = self._stored(position)
        count, pairs = commitment.disclose(_entry(stored).opened(), paths)
        return ProofBundle(
            position=position,
            header=stored.header,
            pair_count=count,
            pairs=tuple(pairs),
            inclusion=tuple(self._tree.inclusion(position, state.size)),
            checkpoint=state.checkpoint,
        )

    def pairs(self, position: int) -> list[tuple[str, str]]:
        """Return every (path, JSON text) of an entry: what `bundle` can disclose."""
        return commitment.pairs_of_body(self.entry(position).opened())

    # Tiles

    def tile(self, level: int, index: int, width: int = tiles.TILE_WIDTH) -> bytes:
        """Return the hashes of a tile, concatenated (C2SP tlog-tiles); `UnknownPosition` if not that wide."""
        known = tiles.tile_width(level, index, self.size) if level >= 0 and index >= 0 else 0
        if not 0 < width <= known:
            raise UnknownPosition(f"tile {index} of level {level} has {known} hashes, not {width}")
        start = index * tiles.TILE_WIDTH
        return self._storage.hashes(level, start, start + width)

    def entry_bundle(self, index: int, width: int = tiles.TILE_WIDTH) -> bytes:
        """Return a bundle of headers (C2SP tlog-tiles), never a body; `UnknownPosition` if not that wide."""
        known = tiles.tile_width(0, index, self.size) if index >= 0 else 0
        if not 0 < width <= known:
            raise UnknownPosition(f"entry bundle {index} has {known} entries, not {width}")
        start = index * tiles.TILE_WIDTH
        return tiles.encode_bundle([stored.header for stored in self._storage.read(start, start + width)])

    def resource(self, path: str) -> bytes:
        """Return what the layout has at a path: "checkpoint", "tile/0/x001/067", "tile/entries/000.p/5"."""
        if path == "checkpoint":
            return self.checkpoint()
        wanted = tiles.parse_path(path)
        if wanted.level is None:
            return self.entry_bundle(wanted.index, wanted.width)
        return self.tile(wanted.level, wanted.index, wanted.width)

    def _size(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise UnknownPosition(f"the log holds {self.size} entries, not {size}")
        return size


class ReadOnlyLog(LogReader):
    """A follower: reads a log that another process writes, up to the checkpoint of its last `refresh`."""

    @classmethod
    def open(cls, storage: Storage, verifier: str | NoteVerifier) -> ReadOnlyLog:
        """Open a log for reading.

        Args:
            storage: where it is kept; not opened for writing.
            verifier: the log's pinned public key.

        Raises:
            LedgerError: there is no log yet, or it is not that key's.
        """
        key = verifier if isinstance(verifier, NoteVerifier) else NoteVerifier.parse(verifier)
        state = storage.committed()
        if state is None:
            raise LedgerError("there is no log here yet: its writer has not started")
        log = cls(storage, state, key)
        log._check(state, open_note(state.checkpoint, [key]).checkpoint)
        return log

    def refresh(self) -> int:
        """Move on to the newest checkpoint, having checked that it continues the one held; return the size.

        Raises:
            NoteError: the new checkpoint is not signed by the pinned key.
            CorruptLog: the log does not continue what this follower has seen.
        """
        state = self._storage.committed()
        if state is None or state.checkpoint == self._state.checkpoint:
            return self.size
        held = open_note(self._state.checkpoint, [self._verifier]).checkpoint
        new = open_note(state.checkpoint, [self._verifier]).checkpoint
        if new.size < held.size:
            raise CorruptLog(f"the log went back from {held.size} to {new.size} entries")
        self._check(state, new)
        if TileTree(self._storage.hashes).root(held.size) != held.root:
            raise CorruptLog(f"the log was rewritten: its first {held.size} entries have another root")
        self._state = state
        return state.size

    def close(self) -> None:
        """Let go of the storage."""
        self._storage.close()

    def _check(self, state: Committed, checkpoint: Checkpoint) -> None:
        # Not through the tiles that are kept: what is stored now is in question.
        tree = TileTree(self._storage.hashes)
        if tree.root(checkpoint.size) != checkpoint.root or state.size != checkpoint.size:
            raise CorruptLog(
                f"the stored tree of {checkpoint.size} entries has not the root of its checkpoint"
            )


def _entry(stored: Stored) -> Entry:
    return Entry(stored.position, Header.decode(stored.header), stored.body or b"")
