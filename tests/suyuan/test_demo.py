"""`suyuan demo`: every check holds, again on the same folder, and it leaves what is not its own alone."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from suyuan.cli.demo import MARKER
from tests.suyuan.conftest import run

ROOT = Path(__file__).resolve().parents[2]


def demo(data: Path, port: int, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "suyuan", "demo", "--data", str(data), "--port", str(port), *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_a_folder_that_holds_something_else_is_left_alone(data: Path, free_port: int) -> None:
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    ran = run("demo", "--no-serve", "--data", data, "--port", str(free_port))
    assert (ran.code, ran.out) == (1, "")
    assert f"{data} holds something that is no demo; choose another --data" in ran.err
    assert (data / "thesis.txt").read_text() == "years of work"


def test_a_taken_port_is_told_and_an_earlier_demo_is_not_deleted_for_it(data: Path) -> None:
    data.mkdir()
    (data / MARKER).touch()
    (data / "proof.json").write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = run("demo", "--no-serve", "--data", data, "--port", str(port))
    assert (ran.code, ran.out) == (1, "")
    assert f"port {port} cannot be listened on" in ran.err
    assert "--port" in ran.err
    assert (data / "proof.json").exists()


def test_a_file_is_no_folder_for_a_demo(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "file").touch()
    ran = run("demo", "--no-serve", "--data", tmp_path / "file", "--port", str(free_port))
    assert ran.code == 1
    assert "is a file" in ran.err


@pytest.mark.slow
def test_every_check_holds_within_a_minute_and_again_on_the_same_folder(data: Path, free_port: int) -> None:
    for _ in range(2):
        begun = time.monotonic()
        child = demo(data, free_port, "--no-serve")
        said, _ = child.communicate(timeout=120)
        took = time.monotonic() - begun
        assert child.returncode == 0, said
        assert took < 60, f"{took:.0f} s"
        assert said.count("✓") >= 9
        assert "✗" not in said
        assert re.search(r"every check held: \d+ checks, \d+ log entries", said)
        assert "Traceback" not in said
        # What it leaves can be checked with the program's own commands.
        assert run("verify", data / "proof.json", "--trust", data / "log.pub").code == 0
        assert run("log", "verify", "--data", data).code == 0
        assert (data / "labels.pdf").read_bytes().startswith(b"%PDF")
        for private in data.rglob("*.token"):
            assert private.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_demo_goes_on_serving_and_a_second_one_does_not_pull_its_folder_away(
    data: Path, free_port: int
) -> None:
    child = demo(data, free_port)
    assert child.stdout is not None
    try:
        said = ""
        for line in child.stdout:
            said += line
            if "Ctrl-C ends it" in line:
                break
        pages = [word for word in said.split() if word.startswith(f"http://127.0.0.1:{free_port}/")]
        assert len(pages) >= 3
        for page in set(pages):
            answer = httpx.get(page, headers={"Accept": "text/html"}, follow_redirects=True, timeout=20)
            assert answer.status_code == 200, page
        ran = run("demo", "--no-serve", "--data", data, "--port", "0")
        assert ran.code == 1
        assert f"process {child.pid}" in ran.err
        assert httpx.get(f"http://127.0.0.1:{free_port}/healthz", timeout=20).status_code == 200
        assert run("log", "verify", "--data", data).code == 0
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0
        child.stdout.close()
