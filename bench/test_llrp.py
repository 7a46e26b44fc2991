"""Tags a second through the LLRP decoder and the driver, and events a second through the outbox.

    python -m pytest bench/test_llrp.py --benchmark-only -o addopts=

`tags_per_s` and `events_per_s` are in the extra info. A report of 100 tags is what busy readers send;
"lean" has EPC, antenna, RSSI and one time, "full" all a reader reports. The baseline is our own general
codec, which builds every parameter; sllurp (GPL, not installed here) decodes 29,000 to 43,000 lean and
11,000 to 17,000 full tags/s on such a core.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from readers import LlrpDriver, LlrpSettings, Outbox
from readers.llrp.codec import Message, Parameter, decode, encode
from readers.llrp.reports import ReportDecoder

TAGS = 100
REPORTS = 50
NOW = 1_714_557_600_000_000


def _report(make_up: str, first: int = 0) -> bytes:
    lean = [
        ("AntennaID", "AntennaID", 1),
        ("PeakRSSI", "PeakRSSI", -51),
        ("LastSeenTimestampUTC", "Microseconds", NOW),
    ]
    full = [
        ("ROSpecID", "ROSpecID", 1),
        ("SpecIndex", "SpecIndex", 1),
        ("InventoryParameterSpecID", "InventoryParameterSpecID", 1),
        *lean[:2],
        ("ChannelIndex", "ChannelIndex", 7),
        ("FirstSeenTimestampUTC", "Microseconds", NOW),
        lean[2],
        ("TagSeenCount", "TagCount", 3),
        ("C1G2_PC", "PC_Bits", 0x3000),
    ]
    vendor = Parameter("Custom", {"VendorIdentifier": 25882, "ParameterSubtype": 56, "Data": b"\x01\x00"})
    rest = [Parameter(name, {label: value}) for name, label, value in (lean if make_up == "lean" else full)]
    if make_up == "vendor":
        rest.append(vendor)
    tags = (
        Parameter("TagReportData", parameters=(Parameter("EPC_96", {"EPC": n.to_bytes(12, "big")}), *rest))
        for n in range(first, first + TAGS)
    )
    return encode(Message("RO_ACCESS_REPORT", 1, {}, tuple(tags)))


def _rate(benchmark: Any, name: str, amount: int) -> None:
    benchmark.extra_info[name] = round(amount / benchmark.stats.stats.median)


@pytest.mark.parametrize("make_up", ["lean", "full", "vendor"])
def test_decoding_reports(benchmark: Any, make_up: str) -> None:
    frames = [_report(make_up, TAGS * n) for n in range(REPORTS)]
    decoder = ReportDecoder()
    found = benchmark(lambda: sum(len(decoder.decode(frame)) for frame in frames))
    assert found == TAGS * REPORTS
    _rate(benchmark, "tags_per_s", found)


@pytest.mark.parametrize("make_up", ["lean", "full", "vendor"])
def test_from_reports_to_reads_of_the_driver(benchmark: Any, make_up: str) -> None:
    frames = [_report(make_up, TAGS * n) for n in range(REPORTS)]

    def work() -> int:
        driver = LlrpDriver("dock-1", LlrpSettings("127.0.0.1", queue=TAGS * REPORTS), clock=lambda: NOW)
        for frame in frames:
            driver._on_report(frame)
        return driver.health().tags_read

    assert benchmark(work) == TAGS * REPORTS
    _rate(benchmark, "tags_per_s", TAGS * REPORTS)


def test_baseline_the_general_codec(benchmark: Any) -> None:
    frame = _report("full")
    assert len(benchmark(decode, frame).parameters) == TAGS
    _rate(benchmark, "tags_per_s", TAGS)


@pytest.mark.parametrize("batch", [1, 100])
def test_the_outbox_puts_durably(benchmark: Any, batch: int, tmp_path: Path) -> None:
    outbox, numbers = Outbox(tmp_path / "outbox"), count()
    epcs = [f"https://id.gs1.org/01/09506000134352/21/{n}" for n in range(20)]

    def events() -> tuple[tuple[list[dict[str, Any]]], dict[str, Any]]:
        made = [
            {"type": "ObjectEvent", "eventID": f"urn:uuid:{next(numbers)}", "epcList": epcs}
            for _ in range(batch)
        ]
        return (made,), {}

    benchmark.pedantic(outbox.put, setup=events, rounds=100)
    _rate(benchmark, "events_per_s", batch)
    outbox.close()


def test_the_outbox_drains(benchmark: Any, tmp_path: Path) -> None:
    outbox, numbers = Outbox(tmp_path / "outbox"), count()

    def fill() -> None:
        outbox.put([{"eventID": f"urn:uuid:{next(numbers)}", "type": "ObjectEvent"} for _ in range(1000)])

    def drain() -> None:
        while leased := outbox.lease(100):
            outbox.ack([one.event_id for one in leased])

    benchmark.pedantic(drain, setup=fill, rounds=10)
    assert outbox.waiting() == 0
    _rate(benchmark, "events_per_s", 1000)
    outbox.close()
