"""Whatever happened: what only events tell that a party may not see stands nowhere in what it is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.access import Caller, Register, Role
from foundation.gs1 import check_digit
from foundation.records import SqliteRecords
from ledger import FileStorage, Log, create_key
from suyuan.node import RECORD_KINDS
from tests.suyuan.conftest import PARTIES
from tests.suyuan.documents import GTIN, at, document
from trace_api import Capture, SqliteIndex, TraceService
from trace_api.errors import NoSuchName
from trace_api.rest import trace_json
from trace_api.service import view_of

WHO = ("farm", "dairy", "depot", "shop")
ITEMS = [f"{GTIN}/21/I{number}X" for number in range(6)]
LOTS = [f"{GTIN}/10/L{number}X" for number in range(4)]


def _sscc(number: int) -> str:
    digits = f"19521001{number:09d}"
    return f"https://id.gs1.org/00/{digits}{check_digit(digits)}"


def _place(number: int) -> str:
    digits = f"9521001{number:05d}"
    return f"https://id.gs1.org/414/{digits}{check_digit(digits)}"


CASES = [_sscc(number) for number in range(71, 75)]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Up to twelve events of four parties; each has a time, a place, a document and an ID of its own."""
    stated = []
    things = st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True)
    lots = st.lists(st.sampled_from(LOTS), min_size=1, max_size=2, unique=True)
    for number in range(draw(st.integers(2, 12))):
        who = draw(st.sampled_from(WHO))
        place = {"id": _place(500 + number)}
        event: dict[str, Any] = {
            "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            "eventTime": at(draw(st.integers(0, 20)) + (7 * number + 1) / 3600),
            "eventTimeZoneOffset": "+08:00", "readPoint": place, "bizLocation": place,
        }  # fmt: skip
        kind = draw(st.sampled_from(["object", "lot", "pack", "unpack", "make"]))
        if kind == "object":
            event |= {"type": "ObjectEvent", "epcList": draw(things)}
            event |= draw(st.sampled_from([
                {"action": "ADD", "bizStep": "commissioning"}, {"action": "OBSERVE", "bizStep": "shipping"},
                {"action": "DELETE", "bizStep": "destroying", "disposition": "destroyed"},
            ]))  # fmt: skip
            if event["action"] == "ADD":
                event["ilmd"] = {"cbvmda:lotNumber": draw(st.sampled_from(LOTS)).rpartition("/")[2]}
        elif kind == "lot":
            amounts = [{"epcClass": lot, "quantity": 10 + number, "uom": "KGM"} for lot in draw(lots)]
            event |= {
                "type": "ObjectEvent",
                "action": "OBSERVE",
                "bizStep": "storing",
                "quantityList": amounts,
            }
        elif kind == "make":
            event |= {"type": "TransformationEvent", "bizStep": "commissioning"}
            event |= {
                "inputQuantityList": [{"epcClass": lot} for lot in draw(lots)],
                "outputEPCList": draw(things),
            }
        else:
            children = draw(things | st.just([CASES[3]]))
            event |= {"type": "AggregationEvent", "bizStep": kind + "ing", "childEPCs": children}
            event |= {
                "action": "ADD" if kind == "pack" else "DELETE",
                "parentID": draw(st.sampled_from(CASES[:3])),
            }
        if draw(st.booleans()):
            other = PARTIES[draw(st.sampled_from(WHO))].id
            event["destinationList"] = [{"type": "possessing_party", "destination": other}]
        stated.append((who, event))
    return stated


@contextmanager
def told(history: list[tuple[str, dict[str, Any]]]) -> Iterator[TraceService]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        clock = iter(range(1_790_000_000_000_000, 10**18, 61_000_000))
        log = Log.open(
            FileStorage(folder / "log"), create_key(folder / "key"), "test/log", lambda: next(clock)
        )
        index, records = SqliteIndex(":memory:"), SqliteRecords(":memory:", RECORD_KINDS)
        capture = Capture(log, index)
        capture.start()
        try:
            for who, event in history:
                assert capture.capture(document(event), PARTIES[who].id).success
            yield TraceService(log, index, Register(records), records, b"k" * 32, capture)
        finally:
            capture.stop()
            index.close()
            records.close()
            log.close()


def words(value: Any) -> set[str]:
    """The identifiers and moments that stand anywhere in a JSON value."""
    text = json.dumps(value)
    names = re.findall(r"I\d+X|L\d+X|/00/\d+|/414/\d+|4000-8000-\d+|\d\d:\d\d:\d\d", text)
    return set(names)


@given(history=histories(), viewer=st.sampled_from(WHO))
@settings(
    max_examples=25,
    deadline=timedelta(seconds=10),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_nothing_that_only_hidden_events_tell_leaks(
    history: list[tuple[str, dict[str, Any]]], viewer: str
) -> None:
    party = PARTIES[viewer].id
    with told(history) as service:
        caller = Caller(party, Role.carrier)
        view = view_of(caller)
        positions = range(service.log.size)
        seen = set(service.index.visible(positions, view))
        assert seen == {
            place
            for place, (who, event) in enumerate(history)
            if who == viewer or any(to["destination"] == party for to in event.get("destinationList", ()))
        }
        everything, visible = (
            words([event for _, event in history]),
            words([history[place][1] for place in seen]),
        )
        secret = everything - visible
        hidden_parties = {PARTIES[who].id for who, _ in history} | {
            to["destination"] for _, event in history for to in event.get("destinationList", ())
        }
        hidden_parties -= {PARTIES[history[place][0]].id for place in seen} | {
            to["destination"] for place in seen for to in history[place][1].get("destinationList", ())
        }
        lineage = service.lineage()
        for root in (*ITEMS, *LOTS, *CASES):
            own = words(root)
            for ask in (lineage.back, lineage.forward, lineage.history):
                try:
                    answer = trace_json(ask(root), service, view)
                except NoSuchName:
                    continue
                check(answer, secret - own, hidden_parties, seen)
            state = lineage.state(root).redacted(lambda place: place in seen).to_json()
            check(state, secret - own, hidden_parties, seen)


def check(answer: Any, secret: set[str], parties: set[str], seen: set[int]) -> None:
    assert not words(answer) & secret
    text = json.dumps(answer)
    assert not [party for party in parties if party in text]
    assert set(_positions(answer)) <= seen


def _positions(value: Any) -> list[int]:
    if isinstance(value, dict):
        own = [value["position"]] if isinstance(value.get("position"), int) else []
        listed = [place for name in ("positions", "duplicates") for place in value.get(name, ())]
        return own + listed + [place for member in value.values() for place in _positions(member)]
    return [place for member in value for place in _positions(member)] if isinstance(value, list) else []
