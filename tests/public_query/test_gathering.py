"""How evidence is gathered: few at once, the others wait a little, and what is kept is bounded and never stale."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.gs1 import Identity
from public_query import BusyError, Outcome, ProductEvidence, decide
from public_query.gathering import MOST_AGE, MOST_WAITING, Answer, Answers, Gathering
from public_query.moment import day
from tests.public_query.cases import (
    BEIJING,
    CAPSULE_CHAIN,
    GTIN,
    NOW,
    FakeService,
    evidence_of,
    identity,
    item,
    us,
)
from tests.public_query.conftest import BROWSER_ACCEPT, application

A_DAY = 86_400_000_000
T = TypeVar("T")


@dataclass
class Kept(FakeService):
    """A service that says which version its answers are of, and judges by a clock of the test."""

    position: int = 7
    now: int = NOW
    fails: bool = False

    def version(self) -> int:
        return self.position

    def evidence(self, identity: Identity) -> ProductEvidence:
        found = super().evidence(identity)
        if self.fails:
            raise RuntimeError("broken")
        return replace(found, checked_at=self.now)


@dataclass
class Slow(FakeService):
    """A service whose answers wait until the test opens the door."""

    door: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    most_inside: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def evidence(self, identity: Identity) -> ProductEvidence:
        with self.lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        assert self.door.wait(10)
        with self.lock:
            self.inside -= 1
        return super().evidence(identity)


def gathering(service: Any, **options: Any) -> Gathering:
    return Gathering(
        service,
        zone=BEIJING,
        clock=lambda: getattr(service, "now", NOW),
        **{"threaded": False, **options},
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def ask(room: Gathering, path: str) -> Answer:
    return run(room.answer(identity(path)))


def test_a_repeated_scan_costs_nothing() -> None:
    service = Kept()
    room = gathering(service)
    first = ask(room, item("genuine"))
    service.now += 30_000_000
    again = ask(room, item("genuine"))
    assert len(service.asked) == 1
    assert again[1] is first[1]
    assert again[0] == replace(first[0], checked_at=service.now), "the page says when it was checked: now"


def test_a_service_without_versions_is_asked_each_time() -> None:
    service = FakeService()
    room = gathering(service)
    ask(room, item("genuine"))
    ask(room, item("genuine"))
    assert len(service.asked) == 2
    assert len(room.answers) == 0


def test_a_new_version_of_the_log_is_asked_anew_and_the_old_answers_go() -> None:
    service = Kept()
    room = gathering(service)
    ask(room, item("genuine"))
    ask(room, item("sold"))
    service.position += 1
    ask(room, item("genuine"))
    assert len(service.asked) == 3
    assert len(room.answers) == 1


def test_an_answer_is_not_kept_beyond_the_day_at_the_site() -> None:
    service = Kept(now=us("2026-05-19T15:59:59"))  # 23:59:59 in Beijing, the last day of "expired"
    room = gathering(service)
    assert ask(room, item("expired"))[1].outcome is Outcome.GENUINE
    service.now = us("2026-05-19T16:00:00")
    assert ask(room, item("expired"))[1].outcome is Outcome.EXPIRED


def test_an_answer_is_asked_anew_after_a_minute_or_when_the_clock_runs_back() -> None:
    service = Kept()
    room = gathering(service)
    ask(room, item("genuine"))
    for step, times in ((MOST_AGE, 1), (1, 2), (-2, 3)):
        service.now += step
        ask(room, item("genuine"))
        assert len(service.asked) == times


def test_a_code_that_states_another_lot_never_gets_the_answer_of_the_right_one() -> None:
    service = Kept()
    room = gathering(service)
    right, wrong = (f"/01/{GTIN}/10/{lot}/21/genuine" for lot in ("A260302", "B9"))
    assert identity(right).uri == identity(wrong).uri
    for _ in range(2):
        assert ask(room, right)[1].outcome is Outcome.GENUINE
        assert ask(room, wrong)[1].outcome is Outcome.SUSPECT
        assert ask(room, item("genuine"))[1].outcome is Outcome.GENUINE
    assert len(service.asked) == 3


def test_an_answer_overtaken_by_the_log_is_given_and_not_kept() -> None:
    class Overtaken(Kept):
        def evidence(self, identity: Identity) -> ProductEvidence:
            found = super().evidence(identity)
            self.position += 1
            return found

    service = Overtaken()
    room = gathering(service)
    ask(room, item("genuine"))
    ask(room, item("genuine"))
    assert len(service.asked) == 2


def test_a_failure_is_not_kept_and_gives_its_turn_back() -> None:
    service = Kept(fails=True)
    room = gathering(service, at_once=1, patience=0.05)

    async def twice() -> None:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="broken"):
                await room.answer(identity(item("genuine")))
        service.fails = False
        assert (await room.answer(identity(item("genuine"))))[1].outcome is Outcome.GENUINE

    run(twice())


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 30)), max_size=60))
def test_what_is_kept_is_bounded_and_the_least_recently_used_goes_first(
    asked: list[tuple[int, int]],
) -> None:
    answers = Answers(most=5, most_facts=60)
    today = day(NOW, BEIJING)
    used: list[int] = []
    for serial, steps in asked:
        named = identity(item(str(serial)))
        found = answers.get(named, 1, today, NOW)
        assert (found is not None) == (serial in used)
        if found is None:
            evidence = evidence_of(named, chain=CAPSULE_CHAIN[:1] * steps)
            answers.put((evidence, decide(evidence, BEIJING)), 1, today)
        used = [*(each for each in used if each != serial), serial]
        assert len(answers) <= 5
        assert 0 <= answers.facts <= 60
        used = used[-len(answers) :] if len(answers) else []
    answers.get(identity(item("0")), 2, today, NOW)
    assert (len(answers), answers.facts) == (0, 0)


def test_an_answer_put_twice_is_counted_once() -> None:
    answers = Answers()
    today = day(NOW, BEIJING)
    evidence = evidence_of(identity(item("genuine")))
    answers.get(evidence.identity, 1, today, NOW)
    for _ in range(3):
        answers.put((evidence, decide(evidence, BEIJING)), 1, today)
    assert (len(answers), answers.facts) == (1, 1 + len(CAPSULE_CHAIN) + 1)


def test_no_more_than_so_many_are_gathered_at_once_and_the_others_get_their_turn() -> None:
    service = Slow()
    room = gathering(service, threaded=True, at_once=3)

    async def crowd() -> list[Answer]:
        asked = [asyncio.create_task(room.answer(identity(item(f"{n}")))) for n in range(10)]
        while service.inside < 3:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        service.door.set()
        return await asyncio.gather(*asked)

    assert len(run(crowd())) == 10
    assert service.most_inside == 3


def test_who_waits_in_vain_is_turned_away_and_the_next_finds_the_door_open() -> None:
    service = Slow()
    room = gathering(service, threaded=True, at_once=1, patience=0.03)

    async def two() -> None:
        first = asyncio.create_task(room.answer(identity(item("genuine"))))
        while not service.inside:
            await asyncio.sleep(0.001)
        with pytest.raises(BusyError) as busy:
            await room.answer(identity(item("sold")))
        assert busy.value.retry_after > 0
        sscc = await room.answer(identity("/00/106141412345678908"))
        assert sscc[1].outcome is Outcome.NOT_A_PRODUCT, "what asks nobody waits for nobody"
        service.door.set()
        assert (await first)[1].outcome is Outcome.GENUINE
        assert (await room.answer(identity(item("sold"))))[1].outcome is Outcome.SOLD

    run(two())


def test_a_line_that_is_too_long_turns_away_at_once() -> None:
    service = Slow()
    room = gathering(service, threaded=True, at_once=1, patience=5)

    async def crowd() -> None:
        asked = [asyncio.create_task(room.answer(identity(item("genuine")))) for _ in range(MOST_WAITING + 1)]
        while not service.inside:
            await asyncio.sleep(0.001)
        with pytest.raises(BusyError):
            await asyncio.wait_for(room.answer(identity(item("sold"))), 1)
        for task in asked[1:]:
            task.cancel()
        service.door.set()
        await asked[0]
        assert (await room.answer(identity(item("sold"))))[1].outcome is Outcome.SOLD

    run(crowd())


def test_many_who_ask_the_same_at_once_are_answered_from_one_gathering() -> None:
    class SlowKept(Slow):
        def version(self) -> int:
            return 1

    service = SlowKept()
    room = gathering(service, threaded=True, at_once=1)

    async def crowd() -> None:
        asked = [asyncio.create_task(room.answer(identity(item("genuine")))) for _ in range(20)]
        while not service.inside:
            await asyncio.sleep(0.001)
        service.door.set()
        await asyncio.gather(*asked)

    run(crowd())
    assert len(service.asked) == 1


def test_over_http_a_crowd_is_answered_503_with_a_time_to_come_again() -> None:
    service = Slow()
    app = application(service, at_once=1, patience=0.03)

    async def two() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://suyuan.example") as client:
            first = asyncio.create_task(client.get(item("genuine"), headers={"Accept": BROWSER_ACCEPT}))
            while not service.inside:
                await asyncio.sleep(0.001)
            page = await client.get(item("sold"), headers={"Accept": BROWSER_ACCEPT})
            assert (page.status_code, page.headers["retry-after"]) == (503, "5")
            service.door.set()
            assert (await first).status_code == 200

    run(two())
