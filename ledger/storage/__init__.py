"""Where a log is kept: the protocol every storage follows, and the folder of files that is the default."""

from __future__ import annotations

from ledger.storage.files import FileStorage
from ledger.storage.protocol import Committed, Group, Storage, Stored

__all__ = ["Committed", "FileStorage", "Group", "Storage", "Stored"]
