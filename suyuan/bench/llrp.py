"""Tags a second through the LLRP decoder: reports of 100 tags, as busy readers send them.

Each tag has its EPC, antenna, signal strength and time of last sight. The baseline is the general codec,
which builds every parameter of a message.
"""

from __future__ import annotations

from pathlib import Path

from readers.llrp.codec import Message, Parameter, decode, encode
from readers.llrp.reports import ReportDecoder
from suyuan.bench.report import BenchError, Report, rate, repeated, seconds

__all__ = ["run"]

TAGS_A_REPORT = 100
NOW = 1_767_225_600_000_000


def run(_: Path, *, reports: int = 200, rounds: int = 5) -> Report:
    """Measure.

    Args:
        _: the folder that others write to; nothing is written.
        reports: messages a round, each of 100 different tags.
        rounds: the median counts.
    """
    frames = [_report(TAGS_A_REPORT * number) for number in range(reports)]
    decoder, tags = ReportDecoder(), TAGS_A_REPORT * reports
    if sum(len(decoder.decode(frame)) for frame in frames) != tags:
        raise BenchError("not every tag of the reports was read")
    fast = repeated(rounds, lambda: seconds(lambda: [decoder.decode(frame) for frame in frames]))
    few = frames[: max(1, reports // 20)]
    general = repeated(rounds, lambda: seconds(lambda: [decode(frame) for frame in few]))
    return Report(
        "llrp",
        {"tags": tags, "tags_per_report": TAGS_A_REPORT, "rounds": rounds},
        {"decode_tags_per_s": rate(tags, fast)},
        {"general_codec_tags_per_s": rate(TAGS_A_REPORT * len(few), general)},
    )


def _report(first: int) -> bytes:
    seen = (
        Parameter("AntennaID", {"AntennaID": 1}),
        Parameter("PeakRSSI", {"PeakRSSI": -51}),
        Parameter("LastSeenTimestampUTC", {"Microseconds": NOW}),
    )
    tags = (
        Parameter("TagReportData", parameters=(Parameter("EPC_96", {"EPC": n.to_bytes(12, "big")}), *seen))
        for n in range(first, first + TAGS_A_REPORT)
    )
    return encode(Message("RO_ACCESS_REPORT", 1, {}, tuple(tags)))
