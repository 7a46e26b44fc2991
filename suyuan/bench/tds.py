"""Tag data: EPCs read from the memory of tags, and written to it (Tag Data Standard, 96-bit encodings)."""

from __future__ import annotations

from pathlib import Path

from foundation.gs1 import decode_tag, encode_tag
from suyuan.bench.report import BenchError, Report, rate, repeated, seconds

__all__ = ["run"]

ITEM = "https://id.gs1.org/01/09521001000116/21/{}"
PREFIX_DIGITS = 7


def run(_: Path, *, tags: int = 20_000, rounds: int = 5) -> Report:
    """Measure.

    Args:
        _: the folder that others write to; nothing is written.
        tags: different ones a round: SGTIN-96 with consecutive serials, as a batch of goods has them.
        rounds: the median counts.
    """
    uris = [ITEM.format(serial) for serial in range(1, tags + 1)]
    memory = [encode_tag(uri, company_prefix_length=PREFIX_DIGITS) for uri in uris]
    if [decode_tag(data).identity.uri for data in memory] != uris:
        raise BenchError("tags were not read as they were written")
    decode = repeated(rounds, lambda: seconds(lambda: [decode_tag(data) for data in memory]))
    encode = repeated(
        rounds,
        lambda: seconds(lambda: [encode_tag(uri, company_prefix_length=PREFIX_DIGITS) for uri in uris]),
    )
    return Report(
        "tds",
        {"tags": tags, "scheme": "sgtin-96", "rounds": rounds},
        {"decode_per_s": rate(tags, decode), "encode_per_s": rate(tags, encode)},
    )
