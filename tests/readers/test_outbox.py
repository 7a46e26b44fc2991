"""The outbox: nothing put is lost, nothing is sent for ever, and the disk is bounded."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readers import Outbox, OutboxError, OutboxFull

ROOT = Path(__file__).resolve().parents[2]


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "ObjectEvent", "eventID": f"urn:uuid:{number}", **more}


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_events_are_leased_in_the_order_they_were_put_and_gone_when_acknowledged() -> None:
    outbox = Outbox(":memory:")
    assert outbox.put([event(n) for n in range(5)]) == 5
    first = outbox.lease(3)
    assert [one.event_id for one in first] == ["urn:uuid:0", "urn:uuid:1", "urn:uuid:2"]
    assert first[0].event == b'{"type":"ObjectEvent","eventID":"urn:uuid:0"}'
    assert outbox.ack([one.event_id for one in first]) == 3
    assert [one.event_id for one in outbox.lease(10)] == ["urn:uuid:3", "urn:uuid:4"]
    assert outbox.waiting() == 2


def test_a_leased_event_is_given_again_when_its_lease_is_over() -> None:
    clock = Watch()
    outbox = Outbox(":memory:", clock=clock)
    outbox.put([event(1)])
    [one] = outbox.lease(10, seconds=60)
    assert one.attempts == 0
    assert outbox.lease(10) == []
    clock.now += 60_000_000
    [one] = outbox.lease(10)
    assert one.attempts == 1
    outbox.release([one.event_id])
    assert outbox.lease(10)[0].attempts == 2


def test_the_same_event_put_twice_is_kept_once_and_another_under_its_id_is_refused() -> None:
    outbox = Outbox(":memory:")
    assert outbox.put([event(1)]) == 1
    assert outbox.put([event(1), event(2)]) == 1
    with pytest.raises(OutboxError, match="urn:uuid:1 is held with another content"):
        outbox.put([event(3), event(1, action="ADD")])
    assert outbox.waiting() == 2  # event 3 was not put either


def test_an_event_without_id_is_not_put() -> None:
    with pytest.raises(OutboxError, match="eventID"):
        Outbox(":memory:").put([{"type": "ObjectEvent"}])


def test_a_full_outbox_says_so_and_keeps_what_it_has() -> None:
    outbox = Outbox(":memory:", most_bytes=1 << 20)
    put = 500
    outbox.put([event(n, note="x" * 1000) for n in range(put)])
    while outbox.waiting() == put:
        try:
            put += outbox.put([event(put, note="x" * 1000)])
        except OutboxFull as error:
            full = str(error)
            break
    assert "nothing was dropped" in full
    assert outbox.waiting() == put < 1100
    assert outbox.lease(1)[0].event_id == "urn:uuid:0"
    outbox.set_aside("urn:uuid:0", "no good")
    outbox.ack([f"urn:uuid:{n}" for n in range(1, 20)])
    outbox.put([event(put, note="x" * 1000)])


def test_the_file_of_an_outbox_stays_within_its_bound(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", most_bytes=1 << 20)
    for start in range(0, 2000, 10):
        ids = [f"urn:uuid:{start + n}" for n in range(10)]
        outbox.put([event(start + n, note="x" * 1000) for n in range(10)])
        outbox.ack(ids)
    outbox.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 3 << 20


def test_a_refused_event_is_kept_apart_with_the_reason_and_may_be_tried_again() -> None:
    clock = Watch()
    outbox = Outbox(":memory:", clock=clock)
    outbox.put([event(1), event(2)])
    outbox.set_aside("urn:uuid:1", "HTTP 400: bizStep")
    [aside] = outbox.refused()
    assert (aside.event_id, aside.reason, outbox.waiting(), outbox.set_aside_count()) == (
        "urn:uuid:1",
        "HTTP 400: bizStep",
        1,
        1,
    )
    assert outbox.put([event(1)]) == 0  # it is held still
    assert outbox.retry("urn:uuid:1")
    assert not outbox.retry("urn:uuid:1")
    assert [one.event_id for one in outbox.lease()] == ["urn:uuid:2", "urn:uuid:1"]


def test_after_a_restart_everything_not_acknowledged_waits_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.put([event(n) for n in range(10)])
    outbox.lease(5)
    outbox.ack(["urn:uuid:0"])
    outbox.set_aside("urn:uuid:1", "no good")
    outbox.close()
    outbox = Outbox(tmp_path / "outbox")
    assert [one.event_id for one in outbox.lease(100)] == [f"urn:uuid:{n}" for n in range(2, 10)]
    assert outbox.set_aside_count() == 1
    outbox.close()


def test_a_file_that_is_no_outbox_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"something else altogether" * 100)
    with pytest.raises(OutboxError, match="cannot be used as an outbox"):
        Outbox(tmp_path / "other")


def test_threads_share_an_outbox(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")

    def put(thread: int) -> None:
        for n in range(20):
            outbox.put([event(thread * 1000 + n)])

    threads = [threading.Thread(target=put, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outbox.waiting() == 80
    outbox.close()


_STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "lease", "ack", "release", "aside", "retry"]), st.integers(0, 5)),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(_STEPS)
def test_whatever_is_done_an_event_waits_or_is_acknowledged_or_set_aside(
    steps: list[tuple[str, int]],
) -> None:
    outbox, waiting, aside = Outbox(":memory:"), set[str](), set[str]()
    for step, number in steps:
        event_id = f"urn:uuid:{number}"
        if step == "put":
            assert outbox.put([event(number)]) == (event_id not in waiting | aside)
            waiting |= {event_id} - aside
        elif step == "lease":
            assert {one.event_id for one in outbox.lease(number + 1)} <= waiting
        elif step == "ack":
            assert outbox.ack([event_id]) == (event_id in waiting)
            waiting.discard(event_id)
        elif step == "release":
            outbox.release([event_id])
        elif step == "aside":
            outbox.set_aside(event_id, "no good")
            aside |= {event_id} & waiting
            waiting.discard(event_id)
        else:
            assert outbox.retry(event_id) == (event_id in aside)
            waiting |= {event_id} & aside
            aside.discard(event_id)
        assert (outbox.waiting(), outbox.set_aside_count()) == (len(waiting), len(aside))
    outbox.close()


@pytest.mark.slow
def test_nothing_put_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path, chance = tmp_path / "outbox", random.Random(1)
    for attempt in range(8):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.readers.outbox_child", str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert child.stdout is not None
        said = [child.stdout.readline()]
        time.sleep(chance.uniform(0.0, 0.1))
        child.kill()
        said += child.stdout.readlines()
        child.wait()
        batches = [int(line) for line in said if line.endswith("\n")]
        assert batches, "the child said nothing"
        outbox = Outbox(path)
        held = [one.event_id for one in outbox.lease(100_000)]
        for batch in batches:
            assert f"urn:uuid:{batch}-4" in held, f"batch {batch} of attempt {attempt} is lost"
        assert len(held) % 5 == 0, "a batch was put in part"
        assert len(held) <= 5 * (len(batches) + 1)
        outbox.ack(held)
        outbox.close()
