"""`suyuan capture` and `suyuan trace`, as a person or a script uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.epcis import Limits
from tests.suyuan.conftest import run
from tests.suyuan.documents import CASE, GTIN, ITEM, LOT, at, bare, commissioned, document, event, packed

BAD = event(5, bizStep="no such step")


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path, "good.json", document(commissioned(), event(2)))


@pytest.fixture
def chain(tmp_path: Path, data: Path) -> Path:
    """A data folder with an item that is packed, shipped and unpacked."""
    events = (
        commissioned(0, ITEM, f"{GTIN}/21/2"), packed(1, CASE, ITEM), event(2, CASE, bizStep="shipping"),
        event(20, CASE, bizStep="receiving"), packed(21, CASE, ITEM, action="DELETE", bizStep="unpacking"),
    )  # fmt: skip
    assert run("capture", write(tmp_path, "chain.json", document(*events)), "--data", data).code == 0
    return data


# -- capture -----------------------------------------------------------------------------------------


def test_a_good_file_is_taken(good: Path, data: Path) -> None:
    ran = run("capture", good, "--data", data)
    assert ran.code == 0, ran.err
    assert "taken" in ran.out
    assert "2 captured" in ran.out


def test_the_same_file_again_is_success_without_effect(good: Path, data: Path) -> None:
    run("capture", good, "--data", data)
    ran = run("capture", good, "--data", data, "--json")
    assert ran.code == 0
    assert ran.json == [
        {"file": str(good), "success": True, "events": {"duplicate": 2}, "logPosition": 2, "issues": []}
    ]


def test_one_bad_event_refuses_its_document_and_says_where_it_is(tmp_path: Path, data: Path) -> None:
    content = document(commissioned(), BAD)
    mixed = write(tmp_path, "mixed.json", content)
    ran = run("capture", mixed, "--data", data)
    assert ran.code == 1
    lines = content.decode().splitlines()
    line = [number for number, text in enumerate(lines, 1) if text.strip() == "{"][
        -1
    ]  # where the event begins
    column = lines[line - 1].index("{") + 1
    assert f"(line {line}, column {column}) /epcisBody/eventList/1/bizStep" in ran.out
    assert "1 left out, 1 refused" in ran.out
    assert run("log", "verify", "--data", data, "--json").json["size"] == 0


def test_proceed_keeps_the_good_events(tmp_path: Path, data: Path) -> None:
    mixed = write(tmp_path, "mixed.json", document(commissioned(), BAD))
    ran = run("capture", mixed, "--data", data, "--proceed", "--json")
    assert ran.code == 1
    (report,) = ran.json
    assert report["events"] == {"captured": 1, "refused": 1}
    assert report["success"] is False
    assert report["logPosition"] == 1
    (issue,) = report["issues"]
    assert issue["pointer"] == "/epcisBody/eventList/1/bizStep"
    assert (issue["severity"], issue["line"] > 1) == ("error", True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"type": "EPCISDocument",\n "x" 1}', "line 2"),
        (b'{"a": "\xff"}', "utf-8"),
        ("é".encode("utf-16"), "utf-8"),
        (b"", "line 1, column 1"),
        (b"<epcis/>", "line 1"),
        (b"[" * 1000, ""),
    ],
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, data: Path, content: bytes, told: str) -> None:
    ran = run("capture", write(tmp_path, "bad.json", content), "--data", data)
    assert ran.code == 1
    assert "refused" in ran.out
    assert told in ran.out.lower()
    assert ran.err == ""


def test_what_was_taken_before_a_missing_file_is_told(good: Path, tmp_path: Path, data: Path) -> None:
    ran = run("capture", good, tmp_path / "missing.json", tmp_path, "--data", data, "--json")
    assert ran.code == 1
    taken, missing, folder = ran.json
    assert taken["success"] is True
    assert missing["issues"][0]["message"] == "No such file or directory"
    assert folder["issues"][0]["message"] == "Is a directory"


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path, data: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as out:
        out.truncate(50 * 1024**3)
    ran = run("capture", huge, "--data", data)
    assert ran.code == 1
    assert f"a document may have {Limits().max_bytes}: split it" in ran.out


def test_brackets_in_names_and_messages_are_shown_as_they_are(tmp_path: Path, data: Path) -> None:
    odd = write(tmp_path, "a[red]b[b].json", document(event(0, bizStep="x[/bold]\\[y")))
    ran = run("capture", odd, "--data", data)
    assert ran.code == 1
    assert "a[red]b[b].json" in ran.out
    assert "x[/bold]" in ran.out


def test_a_gln_names_the_capturing_party(good: Path, tmp_path: Path, data: Path) -> None:
    assert run("capture", good, "--data", data, "--party", "9521001000000").code == 0
    shown = run("trace", "back", ITEM, "--data", data, "--json").json
    assert {one["party"] for one in shown["events"]} == {"https://id.gs1.org/417/9521001000000"}
    ran = run("capture", good, "--data", data, "--party", "9521001000001")
    assert ran.code == 1
    assert "check digit" in ran.err
    other = write(tmp_path, "urn.json", document(event(9)))
    assert run("capture", other, "--data", data, "--party", "urn:epc:id:pgln:9521001.00000").code == 0
    shown = run("trace", "back", ITEM, "--data", data, "--json").json
    assert {one["party"] for one in shown["events"]} == {"https://id.gs1.org/417/9521001000000"}


def test_a_bare_event_can_be_captured_too(tmp_path: Path, data: Path) -> None:
    assert run("capture", write(tmp_path, "one.json", bare(commissioned())), "--data", data).code == 0


def test_a_server_that_is_not_there_is_told_in_one_line(good: Path, free_port: int) -> None:
    for url in (f"http://127.0.0.1:{free_port}", "localhost:1", "http://[bad", "ftp://x", "http://\x00"):
        ran = run("capture", good, "--url", url)
        assert ran.code == 1
        assert ran.err.startswith("error: ")
        assert ran.err.count("\n") == 1


def test_a_token_that_is_none_is_told_without_a_traceback(good: Path) -> None:
    ran = run("capture", good, "--url", "http://127.0.0.1:1", "--token", "ä\n")
    assert ran.code == 1
    assert "token" in ran.err


# -- trace -------------------------------------------------------------------------------------------


def test_a_trace_for_people_names_the_events_in_order(chain: Path) -> None:
    ran = run("trace", "back", ITEM, "--data", chain)
    assert ran.code == 0
    steps = ["commissioning", "packing", "shipping", "receiving", "unpacking"]
    assert sorted(steps, key=ran.out.index) == steps
    assert CASE in ran.out


@pytest.mark.parametrize(
    "form",
    [
        "(01)09521001000116(21)1", "https://id.gs1.org/01/09521001000116/21/1", "urn:epc:id:sgtin:9521001.000011.1",
        "https://example.com/some/01/09521001000116/21/1?x=1", "01095210010001162" + "11",
    ],
)  # fmt: skip
def test_any_form_of_an_identifier_gives_the_same_trace(chain: Path, form: str) -> None:
    wanted = run("trace", "back", ITEM, "--data", chain, "--json").json
    ran = run("trace", "back", form, "--data", chain, "--json")
    assert ran.code == 0, ran.err
    assert ran.json == wanted


def test_forward_from_the_lot_reaches_its_items(chain: Path) -> None:
    shown = run("trace", "forward", LOT, "--data", chain, "--json").json
    assert {ITEM, f"{GTIN}/21/2"} <= {node["uri"] for node in shown["nodes"]}


def test_as_of_shows_the_world_as_it_was_then(chain: Path) -> None:
    shown = run("trace", "back", ITEM, "--data", chain, "--json", "--as-of", at(2.5)).json
    assert [one["bizStep"] for one in shown["events"]] == ["commissioning", "packing", "shipping"]


def test_as_known_before_the_capture_knows_nothing(chain: Path) -> None:
    ran = run("trace", "back", ITEM, "--data", chain, "--as-known", "2020-01-01T00:00:00Z")
    assert ran.code == 1
    assert "nothing is known of it" in ran.err
    ran = run("trace", "back", ITEM, "--data", chain, "--as-known", "2999-01-01T00:00:00Z", "--json")
    assert len(ran.json["events"]) == 5


def test_a_time_without_an_offset_is_refused_by_the_name_of_its_option(chain: Path) -> None:
    for option in ("--as-of", "--as-known"):
        ran = run("trace", "back", ITEM, "--data", chain, option, "2026-05-01T08:00:00")
        assert ran.code == 1
        assert f"{option} 2026-05-01T08:00:00" in ran.err


def test_a_depth_limit_says_what_it_cuts(chain: Path) -> None:
    whole = run("trace", "back", ITEM, "--data", chain, "--json").json
    shown = run("trace", "back", ITEM, "--data", chain, "--json", "--max-nodes", "1").json
    assert len(shown["nodes"]) == 1 < len(whole["nodes"])
    assert shown["cut"]
    assert "cut" in run("trace", "back", ITEM, "--data", chain, "--max-nodes", "1").out
    assert run("trace", "back", ITEM, "--data", chain, "--max-depth", "0").code == 2
    assert run("trace", "back", ITEM, "--data", chain, "--max-depth", "1", "--json").code == 0


def test_an_unknown_identifier_is_told_and_ends_with_1(chain: Path) -> None:
    ran = run("trace", "back", f"{GTIN}/21/404", "--data", chain)
    assert (ran.code, ran.out) == (1, "")
    assert "nothing is known of it" in ran.err


def test_a_wrong_check_digit_quotes_input_and_rule(chain: Path) -> None:
    ran = run("trace", "back", "(01)09521001000117(21)1", "--data", chain)
    assert ran.code == 1
    assert "'(01)09521001000117(21)1'" in ran.err
    assert "check digit of 09521001000117 must be 6, it is 7" in ran.err


def test_brackets_in_identifiers_do_not_break_the_answer(tmp_path: Path, data: Path) -> None:
    name = "urn:example:thing:a%5B/red%5D"
    here = {"id": "https://example.com/place/%5B/b%5D"}
    done = write(tmp_path, "odd.json", document(event(0, name, bizLocation=here, readPoint=here)))
    run("capture", done, "--data", data)
    ran = run("trace", "back", name, "--data", data)
    assert ran.code == 0, ran.err
    assert name in ran.out


# -- as a process ------------------------------------------------------------------------------------


def suyuan(*args: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **more}
    return subprocess.run(
        [sys.executable, "-m", "suyuan", *map(str, args)], capture_output=True, text=True, env=environment,
        timeout=60, check=False,
    )  # fmt: skip


def test_the_program_captures_and_answers_json_on_its_standard_output(good: Path, data: Path) -> None:
    ran = suyuan("capture", good, "--json", SUYUAN_DATA=str(data))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)[0]["events"] == {"captured": 2}
    ran = suyuan("trace", "back", "(01)09521001000117(21)1", SUYUAN_DATA=str(data), COLUMNS="40")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "check digit of 09521001000117 must be 6, it is 7" in ran.stderr


def test_a_reader_that_goes_away_is_no_error_worth_a_traceback(chain: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-m", "suyuan", "trace", "back", ITEM, "--json", "--data", str(chain)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    said = child.stderr.read()
    child.wait(30)
    child.stderr.close()
    assert b"Traceback" not in said
