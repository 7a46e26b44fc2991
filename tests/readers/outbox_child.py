"""Puts events into an outbox for ever, and says the number of each batch once `put` has returned."""

from __future__ import annotations

import sys
from itertools import count

from readers import Outbox


def main(path: str) -> None:
    """Run until killed."""
    outbox = Outbox(path)
    for batch in count():
        outbox.put([{"eventID": f"urn:uuid:{batch}-{n}", "type": "ObjectEvent"} for n in range(5)])
        sys.stdout.write(f"{batch}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
