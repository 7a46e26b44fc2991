"""Our driver against a reader played by llrpjs, an LLRP of other hands (needs node and npm)."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from readers import StartMode, TagRead

from .running import collect, driver_for, run, until

pytestmark = pytest.mark.slow

_SCRIPT = Path(__file__).with_name("llrpjs_reader.js")


@pytest.fixture(scope="module")
def llrpjs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which node finds llrpjs 1.0.1."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are needed to run llrpjs")
    folder = tmp_path_factory.mktemp("llrpjs")
    (folder / "package.json").write_text('{"name": "reader", "private": true}')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "llrpjs@1.0.1"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"npm cannot install llrpjs: {done.stderr.strip()[-200:]}")
    shutil.copy(_SCRIPT, folder)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _play(folder: Path, tags: int, period: int, trigger: str) -> tuple[asyncio.subprocess.Process, int]:
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        "node",
        _SCRIPT.name,
        str(port),
        str(tags),
        str(period),
        trigger,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert b"listening" in await process.stdout.readline()
    return process, port


async def _end(process: asyncio.subprocess.Process) -> str:
    process.terminate()
    out, _ = await process.communicate()
    return out.decode()


@pytest.mark.parametrize("start", [StartMode.IMMEDIATE, StartMode.START])
def test_the_driver_reads_from_llrpjs(llrpjs: Path, start: StartMode) -> None:
    async def scenario() -> None:
        process, port = await _play(llrpjs, 10, 20, start.value)
        driver, reads = driver_for(port, start=start), list[TagRead]()
        task = asyncio.create_task(collect(driver, reads))
        await driver.start()
        await driver.connected(5)
        assert driver.health().description == "maker 99999, model 1, firmware llrpjs, 4 antennas"
        await until(lambda: len({read.epc for read in reads}) == 50)
        read = reads[0]
        assert read[:4] == ("dock-1", 2, bytes.fromhex("303400000000000000000000"), -47)
        assert (read.seen_count, read.channel) == (3, 7)
        assert abs(read.last_seen - time.time_ns() // 1000) < 5_000_000
        await until(lambda: driver.health().last_keepalive is not None)
        await asyncio.sleep(0.3)
        await driver.stop()
        await task
        said = await _end(process)
        assert f"rospec 1 {'Immediate' if start is StartMode.IMMEDIATE else 'Null'}" in said
        assert "keepalive 200" in said
        assert "acknowledged" in said
        assert "reports enabled" in said
        assert said.rstrip().endswith("closed")
        assert "error" not in said

    run(scenario())


def test_the_driver_survives_the_death_of_llrpjs(llrpjs: Path) -> None:
    async def scenario() -> None:
        process, port = await _play(llrpjs, 10, 20, "immediate")
        driver, reads = driver_for(port), list[TagRead]()
        task = asyncio.create_task(collect(driver, reads))
        await driver.start()
        await driver.connected(5)
        await until(lambda: bool(reads))
        process.kill()
        await process.communicate()
        await until(lambda: not driver.health().connected)
        await driver.stop()
        await task

    run(scenario())


def test_our_table_of_llrp_is_that_of_llrpjs(llrpjs: Path) -> None:
    from readers.llrp.tables import MESSAGES, PARAMETERS

    script = """
    const D = require('llrpjs/dist/src/def.js').LLRPDef;
    const kinds = { utf8v: 'utf8', u1v: 'bits', bytesToEnd: 'rest' };
    for (const x of Object.values(D)) if (x.typeNum >= 0)
      console.log((x.isMessage ? 'M' : 'P') + ' ' + x.typeNum + ' ' + x.name + ':' +
        x.fieldDescriptors.map(f => f.type === 'reserved' ? ' - r' + f.bitCount :
          ' ' + f.name + ' ' + (kinds[f.type] || f.type)).join(','));
    """
    done = subprocess.run(
        ["node", "-e", script], cwd=llrpjs, capture_output=True, text=True, timeout=60, check=True
    )
    theirs = dict(line.split(":", 1) for line in done.stdout.strip().splitlines())
    ours = {
        f"{kind} {line.partition(':')[0]}": line.partition(":")[2]
        for kind, table in (("M", MESSAGES), ("P", PARAMETERS))
        for line in table.strip().splitlines()
    }
    common = ours.keys() & theirs.keys()
    assert len(common) > 130
    assert {name: ours[name] for name in common} == {name: theirs[name] for name in common}
