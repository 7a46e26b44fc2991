"""The whole way: tags in the field of a simulated reader become events at the capture interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundation.epcis import instant
from readers import (
    LlrpSimulator,
    ReadersError,
    ReaderService,
    ReaderUnavailable,
    StationError,
    parse_settings,
)

from .running import run, sgtin, sscc, until
from .test_capture import Server

STATIONS = """
[site]
timeZone = "Asia/Shanghai"
[capture]
url = "https://trace.example"
batch = 10
[[reader]]
id = "dock-1"
host = "127.0.0.1"
port = %d
keepalive = 0.5
start = "%s"
[[station]]
name = "line"
reads = [{ reader = "dock-1", antennas = [1] }]
type = "ObjectEvent"
action = "ADD"
bizStep = "commissioning"
cycle = { duration = 1.0, stableSet = 0.1 }
[[station]]
name = "packing"
reads = [{ reader = "dock-1", antennas = [2] }]
type = "AggregationEvent"
action = "ADD"
bizStep = "packing"
cycle = { duration = 1.0, stableSet = 0.1 }
[[station]]
name = "gate"
reads = [{ reader = "dock-1", antennas = [3] }]
type = "ObjectEvent"
bizStep = "shipping"
trigger = "continuous"
away = 0.3
cycle = { duration = 1.0, stableSet = 0.1 }
"""


@asynccontextmanager
async def working(
    folder: Path, server: Any, start: str = "immediate"
) -> AsyncIterator[tuple[LlrpSimulator, ReaderService]]:
    sim = LlrpSimulator()
    settings = parse_settings(STATIONS % (await sim.start(), start), folder=folder)
    http = httpx.AsyncClient(transport=httpx.MockTransport(server))
    service = ReaderService(settings, http=http, send_every=0.1)
    async with service:
        await service.ready(5)
        yield sim, service
    await http.aclose()
    await sim.stop()


@pytest.mark.parametrize("start", ["immediate", "on_demand"])
def test_a_cycle_asked_for_puts_its_event_into_the_outbox_and_it_is_captured(
    tmp_path: Path, start: str
) -> None:
    async def scenario() -> None:
        server = Server(location="/epcis/capture/{}")
        async with working(tmp_path, server, start) as (sim, service):
            sim.present([sgtin(1), sgtin(2)], antenna=1)
            sim.present([sgtin(3)], antenna=4)
            when = instant("2024-05-01T10:00:00Z")
            lot = {"cbvmda:lotNumber": "L-1"}
            [event] = await service.station("line").cycle(event_time=when, ilmd=lot)
            assert set(event["epcList"]) == {
                "https://id.gs1.org/01/09506000134352/21/1",
                "https://id.gs1.org/01/09506000134352/21/2",
            }
            assert (event["eventTime"], event["eventTimeZoneOffset"]) == (
                "2024-05-01T10:00:00.000Z",
                "+08:00",
            )
            assert event["ilmd"] == lot
            await service.flush(5)
            assert server.captured == [event["eventID"]]
            health = service.health()
            assert (health.waiting, health.set_aside, health.captured) == (0, 0, 1)

    run(scenario())


def test_a_packing_station_sees_pallet_and_cases(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with working(tmp_path, Server(location="/epcis/capture/{}")) as (sim, service):
            sim.present([sgtin(1), sscc(1)], antenna=2)
            [event] = await service.station("packing").cycle()
            assert event["parentID"].startswith("https://id.gs1.org/00/")
            assert event["childEPCs"] == ["https://id.gs1.org/01/09506000134352/21/1"]

    run(scenario())


def test_an_empty_cycle_and_one_without_a_pallet_make_no_event_and_are_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with working(tmp_path, Server(location="/epcis/capture/{}")) as (sim, service):
            packing = service.station("packing")
            assert await packing.cycle() == ()
            sim.present([sgtin(1), b"\0" * 12], antenna=2)
            assert await packing.cycle() == ()
            assert packing.last is not None
            assert "exactly one sscc" in (packing.last.problem or "")
            assert [left.epc for left in packing.last.left_out] == [b"\0" * 12]
            assert any("left out" in problem for problem in service.health().problems)
            assert service.health().waiting == 0

    run(scenario())


def test_pallets_that_follow_each_other_closely_do_not_mix(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with working(tmp_path, Server(location="/epcis/capture/{}")) as (sim, service):
            for pallet in range(5):
                epcs = [sgtin(10 * pallet + n) for n in range(1, 9)]
                sim.present(epcs, antenna=1)
                [event] = await service.station("line").cycle()
                sim.withdraw(epcs)
                assert sorted(event["epcList"]) == sorted(
                    f"https://id.gs1.org/01/09506000134352/21/{10 * pallet + n}" for n in range(1, 9)
                )

    run(scenario())


def test_a_gate_makes_one_event_for_a_pallet_that_passes_and_one_for_the_next(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = Server(location="/epcis/capture/{}")
        async with working(tmp_path, server) as (sim, _):
            sim.present([sgtin(1), sgtin(2)], antenna=3)
            await until(lambda: len(server.captured) == 1)
            await asyncio.sleep(0.5)  # the pallet is left standing in the gate
            assert len(server.captured) == 1
            sim.clear()
            await asyncio.sleep(0.4)
            sim.present([sgtin(1)], antenna=3)
            await until(lambda: len(server.captured) == 2)

    run(scenario())


def test_events_wait_while_the_capture_interface_is_away_and_go_when_it_is_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        server, away = Server(location="/epcis/capture/{}"), True

        def sometimes(request: httpx.Request) -> httpx.Response:
            if away:
                raise httpx.ConnectError("away", request=request)
            return server(request)

        async with working(tmp_path, sometimes) as (sim, service):
            sim.present([sgtin(1)], antenna=1)
            [event] = await service.station("line").cycle()
            with pytest.raises(ReadersError, match=r"1 events still wait after 0\.3 s: ConnectError: away"):
                await service.flush(0.3)
            away = False
            await service.flush(5)
            assert server.captured == [event["eventID"]]

    run(scenario())


def test_a_refused_event_is_set_aside_and_reported_and_the_others_go_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = Server(location="/epcis/capture/{}")
        async with working(tmp_path, server) as (_, service):
            server.bad = {"urn:uuid:1"}
            service.outbox.put([{"eventID": "urn:uuid:1"}, {"eventID": "urn:uuid:2"}])
            await service.flush(5)
            assert set(server.captured) == {"urn:uuid:2"}
            assert [one.event_id for one in service.outbox.refused()] == ["urn:uuid:1"]
            assert any("was refused" in problem for problem in service.health().problems)

    run(scenario())


def test_events_of_a_service_that_was_stopped_are_sent_by_the_next(tmp_path: Path) -> None:
    async def scenario() -> None:
        def away(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("away", request=request)

        async with working(tmp_path, away) as (sim, service):
            sim.present([sgtin(1)], antenna=1)
            [event] = await service.station("line").cycle()
        server = Server(location="/epcis/capture/{}")
        async with working(tmp_path, server) as (_, service):
            await until(lambda: server.captured == [event["eventID"]])

    run(scenario())


def test_a_station_without_a_connected_reader_and_one_that_is_unknown_say_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with working(tmp_path, Server(location="/epcis/capture/{}")) as (sim, service):
            with pytest.raises(StationError, match="no station 'dock'; known are line, packing, gate"):
                service.station("dock")
            await sim.stop()
            await until(lambda: not service.drivers["dock-1"].health().connected)
            with pytest.raises(ReaderUnavailable, match="not connected after 0 s: dock-1: "):
                await service.ready(0)
            with pytest.raises(StationError, match="no reader is connected"):
                await service.station("line").cycle()

    run(scenario())


def test_a_gate_holds_on_to_its_event_while_the_outbox_is_full(tmp_path: Path) -> None:
    async def scenario() -> None:
        def away(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("away", request=request)

        async with working(tmp_path, away) as (sim, service):
            with pytest.raises(StationError, match="runs its cycles by itself"):
                await service.station("gate").cycle()
            fill = [{"eventID": f"urn:uuid:fill-{n}", "note": "x" * 10_000} for n in range(100)]
            service.outbox.put(fill)
            service.outbox._most = 1 << 20  # the smallest bound, reached already
            sim.present([sgtin(1)], antenna=3)
            await until(lambda: any("outbox is full" in problem for problem in service.health().problems))
            assert service.health().waiting == 100
            service.outbox.ack([one["eventID"] for one in fill])
            await until(lambda: service.health().waiting == 1)

    run(scenario())
