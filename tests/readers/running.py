"""Running scenarios of readers in tests: one event loop each, with a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from foundation.gs1 import encode_tag
from readers import Driver, Inventory, LlrpDriver, LlrpSettings, LlrpSimulator, StartMode, TagRead
from readers.backoff import Backoff

KEEPALIVE = 0.2


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario to its end, within 20 seconds."""
    asyncio.run(asyncio.wait_for(scenario, 20))


async def until(condition: Callable[[], bool], wait: float = 5.0) -> float:
    """Wait for a condition; returns the seconds it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > wait:
            raise AssertionError(f"not reached within {wait} s")
        await asyncio.sleep(0.005)
    return time.monotonic() - began


def sgtin(serial: int) -> bytes:
    """The tag of the case with this serial."""
    return encode_tag(f"https://id.gs1.org/01/09506000134352/21/{serial}", company_prefix_length=7)


def sscc(serial: int) -> bytes:
    """The tag of a pallet; serial 0 to 9."""
    sscc17 = f"0950600013400000{serial}"
    digits = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(sscc17))
    return encode_tag(f"https://id.gs1.org/00/{sscc17}{-digits % 10}", company_prefix_length=7)


def driver_for(
    port: int, name: str = "dock-1", start: StartMode = StartMode.IMMEDIATE, **more: Any
) -> LlrpDriver:
    """A driver of a reader on this machine, quick to notice and to try again."""
    settings = LlrpSettings(
        "127.0.0.1",
        port,
        inventory=more.pop("inventory", Inventory(start=start)),
        keepalive=KEEPALIVE,
        connect_timeout=1.0,
        answer_timeout=1.0,
        **more,
    )
    return LlrpDriver(name, settings, backoff=Backoff(0.05, 0.2))


@asynccontextmanager
async def reading(
    start: StartMode = StartMode.IMMEDIATE, sim: LlrpSimulator | None = None, **more: Any
) -> AsyncIterator[tuple[LlrpSimulator, LlrpDriver, list[TagRead]]]:
    """A simulated reader, a driver connected to it, and the list its reads go to."""
    sim = sim or LlrpSimulator()
    driver = driver_for(await sim.start(), start=start, **more)
    reads: list[TagRead] = []
    task = asyncio.create_task(collect(driver, reads))
    await driver.start()
    try:
        await driver.connected(5)
        yield sim, driver, reads
    finally:
        await driver.stop()
        await asyncio.wait_for(task, 2)
        await sim.stop()


async def collect(driver: Driver, reads: list[TagRead]) -> None:
    """Take all a driver reads into a list."""
    async for batch in driver.batches():
        reads.extend(batch)


Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Server) -> AsyncIterator[int]:
    """A bare TCP server; gives its port."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
