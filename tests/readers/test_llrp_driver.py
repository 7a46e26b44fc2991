"""The LLRP driver and the simulated reader, over real TCP."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from readers import Driver, Inventory, LlrpSimulator, ReaderUnavailable, StartMode, State, TagRead
from readers.driver import ReadQueue
from readers.llrp.codec import Framer, Message, Parameter, decode, encode
from readers.llrp.simulated import connection_attempt
from readers.llrp.tables import ConnectionStatus, StatusCode

from .running import KEEPALIVE, driver_for, reading, run, serving, sgtin, until


def test_what_is_in_the_field_is_read() -> None:
    async def scenario() -> None:
        async with reading() as (sim, driver, reads):
            assert isinstance(driver, Driver)
            sim.present([sgtin(1), sgtin(2)], antenna=2, rssi=-61)
            sim.present([bytes(range(16))], antenna=3)
            await until(lambda: len({read.epc for read in reads}) == 3)
            now = time.time_ns() // 1000
            seen = {read.epc: read for read in reads}
            assert seen[sgtin(1)][:4] == ("dock-1", 2, sgtin(1), -61)
            assert seen[bytes(range(16))].antenna == 3
            assert all(now - 5_000_000 < read.first_seen <= read.last_seen <= now for read in reads)
            assert driver.health().tags_read >= len(reads) > 0

    run(scenario())


def test_a_cleared_field_is_silent() -> None:
    async def scenario() -> None:
        async with reading() as (sim, _, reads):
            sim.present([sgtin(1)])
            await until(lambda: bool(reads))
            sim.clear()
            await asyncio.sleep(0.1)
            count = len(reads)
            await asyncio.sleep(0.1)
            assert len(reads) == count

    run(scenario())


def test_only_the_antennas_of_the_inventory_read() -> None:
    async def scenario() -> None:
        async with reading(inventory=Inventory(antennas=(1, 3))) as (sim, _, reads):
            for antenna in (1, 2, 3, 4):
                sim.present([sgtin(antenna)], antenna=antenna)
            await until(lambda: len({read.epc for read in reads}) == 2)
            await asyncio.sleep(0.1)
            assert {read.antenna for read in reads} == {1, 3}

    run(scenario())


def test_a_reader_that_wants_start_rospec_gets_it() -> None:
    async def scenario() -> None:
        async with reading(StartMode.START) as (sim, _, reads):
            sim.present([sgtin(1)])
            await until(lambda: bool(reads))
            assert "START_ROSPEC" in sim.requests

    run(scenario())


def test_a_reader_on_demand_reads_between_begin_and_end_only() -> None:
    async def scenario() -> None:
        async with reading(StartMode.ON_DEMAND) as (sim, driver, reads):
            sim.present([sgtin(1)])
            await asyncio.sleep(0.1)
            assert reads == []
            await driver.begin()
            await driver.begin()  # two stations look through one reader
            await until(lambda: bool(reads))
            await driver.end()
            count = len(reads)
            await until(lambda: len(reads) > count)
            await driver.end()
            await asyncio.sleep(0.05)
            count = len(reads)
            await asyncio.sleep(0.1)
            assert len(reads) == count
            assert sim.requests.count("START_ROSPEC") == sim.requests.count("STOP_ROSPEC") == 1

    run(scenario())


def test_tags_come_in_reports_of_as_many_as_were_asked_for() -> None:
    async def scenario() -> None:
        async with reading(inventory=Inventory(report_every=10)) as (sim, _, reads):
            sim.present([sgtin(serial) for serial in range(30)])
            await until(lambda: len({read.epc for read in reads}) == 30)
            assert sim.tags_reported == 10 * sim.reports_sent

    run(scenario())


def test_keepalives_are_acknowledged_and_seen_in_the_health() -> None:
    async def scenario() -> None:
        async with reading() as (sim, driver, _):
            await until(lambda: sim.keepalives_acknowledged >= 2)
            health = driver.health()
            assert health.connected
            assert health.last_keepalive is not None
            assert health.description is not None
            assert "firmware simulated" in health.description

    run(scenario())


def test_a_half_open_connection_is_noticed_within_two_keepalive_periods() -> None:
    async def scenario() -> None:
        async with reading() as (sim, driver, _):
            await until(lambda: sim.keepalives_sent >= 1)
            sim.go_silent()
            took = await until(lambda: not driver.health().connected)
            assert took <= 2 * KEEPALIVE + 0.1
            assert "nothing heard" in (driver.health().last_error or "")
            sim.speak()
            await driver.connected(5)
            assert driver.health().connections == 2

    run(scenario())


def test_bytes_that_trickle_in_without_making_a_message_do_not_count_as_life() -> None:
    async def scenario() -> None:
        ready = asyncio.Event()

        async def reader(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
            sim, framer = LlrpSimulator(), Framer()
            greeting = (sim.now(), connection_attempt(ConnectionStatus.Success))
            event = Parameter("ReaderEventNotificationData", parameters=greeting)
            outgoing.write(encode(Message("READER_EVENT_NOTIFICATION", 1, parameters=(event,))))
            while not ready.is_set():
                for frame in framer.feed(await incoming.read(4096)):
                    request = decode(frame)
                    if request.name == "ENABLE_EVENTS_AND_REPORTS":
                        ready.set()
                    elif answer := sim.handle(request):
                        outgoing.write(encode(answer))
            outgoing.write(b"\x04\x3d" + (1 << 19).to_bytes(4, "big"))  # the head of a long report
            with contextlib.suppress(ConnectionError):
                while True:
                    outgoing.write(b"\0")
                    await outgoing.drain()
                    await asyncio.sleep(0.02)

        async with serving(reader) as port:
            driver = driver_for(port)
            await driver.start()
            await driver.connected(5)
            took = await until(lambda: not driver.health().connected)
            assert took <= 2 * KEEPALIVE + 0.1
            await driver.stop()

    run(scenario())


def test_a_lost_connection_is_made_again_and_reading_goes_on() -> None:
    async def scenario() -> None:
        async with reading() as (sim, driver, reads):
            sim.present([sgtin(1)])
            await until(lambda: bool(reads))
            sim.drop_connection()
            await until(lambda: driver.health().connections == 2)
            reads.clear()
            await until(lambda: bool(reads))
            assert driver.health().failures == 1

    run(scenario())


def test_a_reader_that_is_not_there_yet_is_tried_until_it_is() -> None:
    async def scenario() -> None:
        sim = LlrpSimulator()
        port = await sim.start()
        await sim.stop()
        driver = driver_for(port)
        await driver.start()
        with pytest.raises(ReaderUnavailable, match="not connected"):
            await driver.connected(0.2)
        with pytest.raises(ReaderUnavailable):
            await driver.begin()
        late = LlrpSimulator(port=port)
        await late.start()
        await driver.connected(5)
        await driver.stop()
        assert driver.health().state is State.STOPPED
        await late.stop()

    run(scenario())


def test_a_second_client_is_sent_away_and_waits_its_turn() -> None:
    async def scenario() -> None:
        async with reading() as (sim, driver, _):
            second = driver_for(sim.port, "second")
            await second.start()
            await until(lambda: "Client_Initiated" in (second.health().last_error or ""))
            assert driver.health().connected
            await driver.stop()
            await second.connected(5)
            await second.stop()

    run(scenario())


def test_a_refused_request_is_told_in_words_and_tried_again() -> None:
    async def scenario() -> None:
        sim = LlrpSimulator()
        sim.refuse("ADD_ROSPEC", StatusCode.R_DeviceError)
        driver = driver_for(await sim.start())
        await driver.start()
        await until(
            lambda: "ADD_ROSPEC refused: R_DeviceError: as told" in (driver.health().last_error or "")
        )
        sim.refuse("ADD_ROSPEC", StatusCode.M_Success)
        await driver.connected(5)
        await driver.stop()
        await sim.stop()

    run(scenario())


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", encode(Message("KEEPALIVE", 1))]
)
def test_something_else_on_the_port_is_no_reader(greeting: bytes) -> None:
    async def scenario() -> None:
        async def stranger(_: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
            outgoing.write(greeting)
            await outgoing.drain()
            await asyncio.sleep(0.3)
            outgoing.close()

        async with serving(stranger) as port:
            driver = driver_for(port)
            await driver.start()
            await until(lambda: driver.health().failures >= 1)
            assert not driver.health().connected
            assert driver.health().last_error
            await driver.stop()

    run(scenario())


@pytest.mark.parametrize("error", [-3_600_000_000, 7_200_000_000, -50 * 365 * 86_400_000_000])
def test_times_of_a_reader_whose_clock_is_wrong_are_put_right(error: int) -> None:
    async def scenario() -> None:
        async with reading(sim=LlrpSimulator(clock_error=error)) as (sim, driver, reads):
            sim.present([sgtin(1)])
            await until(lambda: len(reads) > 3)
            now = time.time_ns() // 1000
            assert all(now - 3_000_000 < read.first_seen <= read.last_seen <= now for read in reads)
            assert abs((driver.health().clock_offset or 0) + error) < 1_000_000

    run(scenario())


def test_times_of_a_reader_without_a_clock_are_made_from_its_uptime() -> None:
    async def scenario() -> None:
        async with reading(sim=LlrpSimulator(clock_error=None)) as (sim, _, reads):
            sim.present([sgtin(1)])
            await until(lambda: len(reads) > 3)
            now = time.time_ns() // 1000
            assert all(now - 3_000_000 < read.first_seen <= read.last_seen <= now for read in reads)

    run(scenario())


def test_llrp_1_1_is_negotiated_where_it_is_asked_for() -> None:
    async def scenario() -> None:
        async with reading(protocol="auto") as (sim, _, reads):
            sim.present([sgtin(1)])
            await until(lambda: bool(reads))
            assert sim.requests[:2] == ["GET_SUPPORTED_VERSION", "SET_PROTOCOL_VERSION"]

    run(scenario())


def test_a_reader_of_1_0_1_that_refuses_to_negotiate_is_spoken_to_in_1_0_1() -> None:
    async def scenario() -> None:
        sim = LlrpSimulator()
        sim.refuse("GET_SUPPORTED_VERSION", StatusCode.M_UnsupportedVersion)
        async with reading(sim=sim, protocol="auto") as (sim, _, reads):
            sim.present([sgtin(1)])
            await until(lambda: bool(reads))
            assert "SET_PROTOCOL_VERSION" not in sim.requests

    run(scenario())


def test_stop_takes_the_rospec_back_and_closes_as_llrp_wants_it() -> None:
    async def scenario() -> None:
        async with reading() as (sim, driver, _):
            await driver.stop()
            await until(lambda: not sim.connected)
            assert sim.requests[-2:] == ["DELETE_ROSPEC", "CLOSE_CONNECTION"]
            assert sim.specs == {}

    run(scenario())


def test_reads_nobody_takes_are_dropped_oldest_first_and_counted() -> None:
    async def scenario() -> None:
        queue = ReadQueue(limit=10)
        for serial in range(6):
            queue.put([TagRead("r", 1, bytes([serial]))] * 4)
        queue.close()
        taken = [batch[0].epc[0] async for batch in queue.batches()]
        assert taken == [4, 5]
        assert queue.dropped == 16

    run(scenario())


def _spec(start: int, ai_stop: int = 0, antenna: int = 0, rospec_id: int = 1) -> Parameter:
    made = Inventory(rospec_id=rospec_id, antennas=(antenna,) if antenna else ()).rospec()
    boundary, antennas, report = made.parameters
    trigger = Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": start})
    stop = Parameter("AISpecStopTrigger", {"AISpecStopTriggerType": ai_stop, "DurationTrigger": 50})
    return Parameter(
        "ROSpec",
        made.fields,
        (
            Parameter("ROBoundarySpec", parameters=(trigger, boundary.parameters[1])),
            Parameter("AISpec", antennas.fields, (stop, antennas.parameters[1])),
            report,
        ),
    )


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Message("ADD_ROSPEC"), StatusCode.M_MissingParameter),
        (Message("ADD_ROSPEC", parameters=(Parameter("ROSpec", Inventory().rospec().fields),)), 203),
        (Message("ADD_ROSPEC", parameters=(_spec(2),)), StatusCode.P_UnsupportedParameter),
        (Message("ADD_ROSPEC", parameters=(_spec(1, ai_stop=3),)), StatusCode.P_UnsupportedParameter),
        (Message("ADD_ROSPEC", parameters=(_spec(1, antenna=9),)), StatusCode.A_OutOfRange),
        (Message("ADD_ROSPEC", parameters=(_spec(1, rospec_id=0),)), StatusCode.M_FieldError),
        (Message("START_ROSPEC", fields={"ROSpecID": 7}), StatusCode.M_FieldError),
        (Message("ENABLE_ROSPEC", fields={"ROSpecID": 7}), StatusCode.M_FieldError),
        (Message("DELETE_ROSPEC", fields={"ROSpecID": 0}), StatusCode.M_Success),
        (Message("GET_ROSPECS"), StatusCode.M_Success),
        (Message("UnknownMessage", fields={"Type": 500, "Data": b""}), StatusCode.M_UnsupportedMessage),
    ],
)
def test_the_simulated_reader_answers_nonsense_with_the_status_llrp_has_for_it(
    request_: Message, status: int
) -> None:
    answer = LlrpSimulator().handle(request_)
    assert answer is not None
    found = answer.find("LLRPStatus")
    assert found is not None
    assert found["StatusCode"] == status


def test_a_rospec_with_a_duration_ends_by_itself_and_then_reports() -> None:
    async def scenario() -> None:
        sim = LlrpSimulator()
        sim.present([sgtin(1)])
        assert sim.handle(Message("ADD_ROSPEC", parameters=(_spec(0, ai_stop=1),)))
        sim.handle(Message("START_ROSPEC", fields={"ROSpecID": 1}))
        assert not sim.specs[1].active  # it is not enabled
        sim.handle(Message("ENABLE_ROSPEC", fields={"ROSpecID": 1}))
        sim.handle(Message("START_ROSPEC", fields={"ROSpecID": 1}))
        assert sim.specs[1].active
        took = await until(lambda: not sim.specs[1].active)
        assert took >= 0.04
        assert sim.specs[1].seen == {}

    run(scenario())
