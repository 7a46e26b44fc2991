"""Whether the Rust kernels are used: `kernels` is the module `suyuan_native`, or None for the Python twins.

`SUYUAN_NATIVE=0` in the environment forces the twins. The twins are the specification; the kernels must give
the same answers, and the tests compare them.
"""

from __future__ import annotations

import os
from types import ModuleType

__all__ = ["kernels"]


def _load() -> ModuleType | None:
    if os.environ.get("SUYUAN_NATIVE") == "0":
        return None
    try:
        import suyuan_native
    except ImportError:
        return None
    # An extension built from another state of the tree may lack what this room needs.
    return suyuan_native if hasattr(suyuan_native, "body_commitments") else None


kernels: ModuleType | None = _load()
