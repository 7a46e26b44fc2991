"""`suyuan log erase`, and a recall of a lot in `suyuan stock`: what all projections make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from suyuan.node import PROJECTIONS
from tests.suyuan.conftest import World, run
from tests.suyuan.documents import CASE, GTIN, ITEM, LOT, commissioned, document, event, of_lot, packed

SIBLING = f"{GTIN}/21/2222"


@pytest.fixture
def filled(tmp_path: Path, data: Path) -> Path:
    """Two items are made, packed and shipped."""
    file = tmp_path / "d.json"
    file.write_bytes(
        document(commissioned(0, ITEM, SIBLING), packed(1, CASE, ITEM), event(2, CASE, bizStep="shipping"))
    )
    assert run("capture", file, "--data", data, "--party", "9521001000000").code == 0
    return data


def answers(data: Path) -> list[Any]:
    return [
        run("stock", "--data", data, "--json").json,
        run("trace", "back", ITEM, "--data", data, "--json"),
        run("trace", "forward", LOT, "--data", data, "--json"),
    ]


def test_an_erased_event_is_gone_from_index_stock_and_files_and_a_rebuild_says_the_same(
    filled: Path, tmp_path: Path
) -> None:
    ran = run("log", "erase", "0", "--reason", "court order", "--yes", "--data", filled)
    assert (ran.code, ran.out) == (0, "erased entry 0; entry 3 says so\n")
    before = answers(filled)
    assert before[0] == []
    for name in PROJECTIONS:
        for file in filled.glob(f"{name}*"):
            assert b"21/2222" not in file.read_bytes(), file
    assert run("log", "verify", "--data", filled).out == "sound: 4 entries\n"
    assert run("log", "rebuild", "--data", filled).code == 0
    assert answers(filled) == before
    again = run("capture", tmp_path / "d.json", "--data", filled, "--party", "9521001000000", "--json")
    assert again.code == 1
    assert again.json[0]["events"] == {"refused": 1, "duplicate": 2}
    assert "was erased" in again.out
    assert run("log", "verify", "--data", filled).out == "sound: 4 entries\n"


def test_the_packing_is_erased_and_the_item_stays_behind(filled: Path) -> None:
    assert run("log", "erase", "1", "--reason", "x", "--yes", "--data", filled, "--json").json["by"] == 3
    before = answers(filled)
    assert [level["quantity"] for level in before[0]] == ["2"]
    run("log", "rebuild", "--data", filled)
    assert answers(filled) == before


def test_it_asks_first_and_a_no_erases_nothing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(question: str, **given: Any) -> bool:
        asked.append(question)
        assert given["abort"]
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", refuse)
    ran = run("log", "erase", "0", "--reason", "x", "--data", filled)
    assert ran.code == 1
    assert asked == ["Erase it for good?"]
    assert "entry 0: event" in ran.err
    assert "https://id.gs1.org/417/9521001000000" in ran.err
    assert run("log", "verify", "--data", filled).out == "sound: 3 entries\n"


def test_what_cannot_be_erased_is_told_in_one_line(filled: Path, tmp_path: Path) -> None:
    for args, told in (
        (("17", "--reason", "x", "--yes"), "17"),
        (("0", "--reason", "  ", "--yes"), "--reason"),
    ):
        ran = run("log", "erase", *args, "--data", filled)
        assert (ran.code, ran.out) == (1, "")
        assert told in ran.err
    run("log", "erase", "0", "--reason", "x", "--yes", "--data", filled)
    for more in (["--yes"], []):
        ran = run("log", "erase", "0", "--reason", "x", *more, "--data", filled)
        assert ran.code == 1
        assert "erased" in ran.err
    assert run("log", "erase", "3", "--reason", "x", "--yes", "--data", filled).code == 1
    assert "there is no log in" in run("log", "erase", "0", "--reason", "x", "--data", tmp_path / "no").err


def test_the_stock_of_a_recalled_lot_is_recalled_until_the_lot_is_released(
    filled: Path, tmp_path: Path
) -> None:
    def say(hours: float, **persistent: list[str]) -> set[str]:
        file = tmp_path / "said.json"
        file.write_bytes(document(of_lot(hours, persistentDisposition=persistent)))
        assert run("capture", file, "--data", filled, "--party", "9521001000000").code == 0
        return {level["status"] for level in run("stock", "--data", filled, "--json").json}

    assert say(3, set=["recalled"]) == {"recalled"}
    assert run("log", "rebuild", "--data", filled).code == 0
    assert {level["status"] for level in run("stock", "--data", filled, "--json").json} == {"recalled"}
    assert say(4, unset=["recalled"]) == {"available"}


def test_pages_and_stock_answer_after_an_erasure_in_a_running_node(world: World) -> None:
    world.capture("dairy", commissioned(0, ITEM, SIBLING), event(1, ITEM))
    world.node.writer.erase(0, "asked for")
    headers = {**world.as_("dairy"), "Suyuan-Min-Log-Position": "3"}
    answer = world.client.get("/stock", headers=headers)
    assert answer.is_success
    assert [(level["lot"], level["quantity"]) for level in answer.json()["levels"]] == [(None, "1")]
    assert world.page(ITEM)["verdict"]["outcome"] != "genuine"
    assert world.get("dairy", "/epcis/events").is_success
    assert world.get(None, "/healthz").json()["logSize"] == 3
