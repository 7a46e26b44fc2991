"""`suyuan log` and `suyuan verify`: keys, proofs, the check of everything, and rebuilding."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from foundation.gs1 import parse
from ledger import create_key, verifier_key
from suyuan.cli.verify import _gather
from suyuan.node import PROJECTIONS, Node
from suyuan.settings import Settings
from tests.suyuan.conftest import Ran, run
from tests.suyuan.documents import CASE, GTIN, ITEM, commissioned, document, event, packed

SIBLING = f"{GTIN}/21/2222"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of the number's owner with some events."""
    tmp_path = tmp_path_factory.mktemp("template")
    data = tmp_path / "data"
    party = "9521001000000"
    assert (
        run("party", "add", party, "Dairy", "--role", "producer", "--prefix", "9521001", "--data", data).code
        == 0
    )
    (tmp_path / "d.json").write_bytes(
        document(commissioned(0, ITEM, SIBLING), packed(1, CASE, ITEM), event(2, CASE, bizStep="shipping"))
    )
    assert run("capture", tmp_path / "d.json", "--data", data, "--party", party).code == 0
    return data


@pytest.fixture
def filled(template: Path, data: Path) -> Path:
    """A copy of that folder, for one test to spoil."""
    return Path(shutil.copytree(template, data))


@pytest.fixture
def proof(tmp_path: Path, filled: Path) -> Path:
    """A proof bundle of the making of one item, and beside it the log's key in log.pub."""
    path = tmp_path / "proof.json"
    assert (
        run("log", "prove", "0", "--epc", "(01)09521001000116(21)1", "-o", path, "--data", filled).code == 0
    )
    (tmp_path / "log.pub").write_text("# the log that we trust\n\n" + run("log", "key", "--data", filled).out)
    return path


def answers(data: Path) -> list[Any]:
    return [
        run("trace", "back", ITEM, "--data", data, "--json").json,
        run("trace", "forward", f"{GTIN}/10/L1", "--data", data, "--json").json,
        run("stock", "--data", data, "--json").json,
        run("verify", ITEM, "--data", data, "--json").json["verdict"],
    ]


def failed(ran: Ran, *told: str) -> None:
    """One clear line on standard error, nothing on standard output, exit code 1."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    for text in told:
        assert text in ran.err


# -- the log -----------------------------------------------------------------------------------------


def test_the_key_and_the_checkpoint_name_the_log(filled: Path) -> None:
    key = run("log", "key", "--data", filled)
    assert key.code == 0
    assert key.out.startswith("suyuan.local/log+")
    checkpoint = run("log", "checkpoint", "--data", filled)
    assert checkpoint.code == 0
    origin, size, _, _, signature = checkpoint.out.splitlines()
    assert (origin, size) == ("suyuan.local/log", "3")
    assert signature.startswith("— suyuan.local/log ")


def test_the_whole_log_is_checked(filled: Path) -> None:
    ran = run("log", "verify", "--data", filled)
    assert (ran.code, ran.out) == (0, "sound: 3 entries\n")
    assert run("log", "verify", "--data", filled, "--json").json == {"sound": True, "size": 3, "findings": []}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_damaged_byte_in_a_segment_is_found_and_told(filled: Path, share: float) -> None:
    (segment,) = (filled / "log" / "segments").iterdir()
    content = bytearray(segment.read_bytes())
    content[int(len(content) * share)] ^= 0x40
    segment.write_bytes(content)
    ran = run("log", "verify", "--data", filled)
    assert ran.code == 1
    assert "entry" in ran.out
    assert "Traceback" not in ran.out + ran.err
    shown = run("log", "verify", "--data", filled, "--json")
    assert shown.code == 1
    assert shown.json["sound"] is False
    assert shown.json["findings"][0]["message"]


def test_a_cut_segment_a_wrong_tile_and_a_forged_checkpoint_are_found(filled: Path) -> None:
    checkpoint = filled / "log" / "checkpoint"
    before = checkpoint.read_bytes()
    checkpoint.write_bytes(before.replace(b"\n3\n", b"\n2\n"))
    assert run("log", "verify", "--data", filled).code == 1
    checkpoint.write_bytes(before)
    tile = filled / "log" / "tree" / "level0"
    hashes = tile.read_bytes()
    tile.write_bytes(bytes([hashes[0] ^ 1]) + hashes[1:])
    assert run("log", "verify", "--data", filled).code == 1
    tile.write_bytes(hashes)
    assert run("log", "verify", "--data", filled).code == 0
    (segment,) = (filled / "log" / "segments").iterdir()
    segment.write_bytes(segment.read_bytes()[:-9])
    assert run("log", "verify", "--data", filled).code == 1


def test_a_log_under_another_key_is_not_sound(filled: Path, tmp_path: Path) -> None:
    other = verifier_key(create_key(tmp_path / "other.key"), "suyuan.local/log")
    (filled / "log.pub").write_text(other + "\n")
    assert run("log", "verify", "--data", filled).code == 1


def test_rebuilding_gives_the_same_answers(filled: Path) -> None:
    before = answers(filled)
    ran = run("log", "rebuild", "--data", filled)
    assert (ran.code, ran.out) == (0, "rebuilt from 3 log entries\n")
    assert answers(filled) == before


@pytest.mark.parametrize("projection", PROJECTIONS)
@pytest.mark.parametrize("damage", ["missing", "garbage", "empty"])
def test_a_damaged_projection_is_told_to_readers_with_the_way_out_and_built_anew_by_the_writer(
    filled: Path, projection: str, damage: str
) -> None:
    before = answers(filled)
    for suffix in ("-wal", "-shm"):
        (filled / (projection + suffix)).unlink(missing_ok=True)
    file = filled / projection
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"" if damage == "empty" else b"no database at all" * 1000)
    failed(run("trace", "back", ITEM, "--data", filled), projection, "suyuan log rebuild")
    with Node.open(Settings(data=filled)):
        pass
    assert answers(filled) == before


def test_commands_on_a_folder_that_holds_no_log_say_so(tmp_path: Path) -> None:
    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.jpg").write_bytes(b"\xff\xd8")
    for folder in (other, tmp_path / "nothing"):
        for command in (
            ("log", "key"), ("log", "checkpoint"), ("log", "prove", "0"), ("log", "verify"), ("log", "rebuild"),
            ("trace", "back", ITEM), ("stock",), ("verify", ITEM),
        ):  # fmt: skip
            failed(run(*command, "--data", folder), "there is no log in", str(folder))
    assert [path.name for path in other.iterdir()] == ["cat.jpg"]
    assert not (tmp_path / "nothing").exists()


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for command in (("serve",), ("stock",), ("log", "rebuild"), ("party", "list"), ("token", "list")):
        failed(run(*command, "--data", file), f"{file} is a file")


# -- proofs ------------------------------------------------------------------------------------------


def test_a_proof_is_verified_offline_and_reveals_only_what_was_asked(proof: Path, tmp_path: Path) -> None:
    assert b"2222" not in proof.read_bytes()
    ran = run("verify", proof, "--trust", tmp_path / "log.pub")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("verified ")
    assert ITEM in ran.out
    shown = run("verify", proof, "--trust", tmp_path / "log.pub", "--json").json
    assert shown["verified"] is True
    assert shown["position"] == 0
    assert {"path": "/bizStep", "value": '"commissioning"'} in shown["pairs"]


def test_a_proof_needs_a_key_that_did_not_come_with_it(proof: Path) -> None:
    failed(run("verify", proof), "--trust FILE")


def test_a_proof_under_another_key_is_refused(proof: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pub"
    other.write_text(verifier_key(create_key(tmp_path / "other.key"), "suyuan.local/log") + "\n")
    failed(run("verify", proof, "--trust", other))
    both = ("--trust", other, "--trust", tmp_path / "log.pub")
    assert run("verify", proof, *both).code == 0


@pytest.mark.parametrize("content", ["", "no key", "suyuan.local/log+00000000+AAAA", "#only remarks\n"])
def test_a_trust_file_without_a_key_is_told(proof: Path, tmp_path: Path, content: str) -> None:
    other = tmp_path / "other.pub"
    other.write_text(content)
    failed(run("verify", proof, "--trust", other))
    failed(run("verify", proof, "--trust", tmp_path / "missing.pub"), "missing.pub")


def test_a_changed_value_is_refused_whichever_it_is(proof: Path, tmp_path: Path) -> None:
    bundle = json.loads(proof.read_bytes())

    def changes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        return [found for key, inner in items for found in changes(inner, (*path, key))] or [path]

    tried = 0
    paths = changes(bundle)
    for path in paths[:: max(1, len(paths) // 25)]:
        forged = json.loads(proof.read_bytes())
        inner = forged
        for key in path[:-1]:
            inner = inner[key]
        old = inner[path[-1]]
        inner[path[-1]] = old + 1 if isinstance(old, int) else changed(str(old))
        proof.with_name("forged.json").write_text(json.dumps(forged))
        ran = run("verify", proof.with_name("forged.json"), "--trust", tmp_path / "log.pub")
        assert ran.code == 1, path
        assert "Traceback" not in ran.err
        tried += 1
    assert tried > 20


def changed(text: str) -> str:
    """The same text with one character of its middle exchanged."""
    place = len(text) // 2
    return text[:place] + ("A" if text[place : place + 1] != "A" else "B") + text[place + 1 :]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"not json", b"\xff\xfe", b"[" * 100_000, b'{"v":1}']
)
def test_a_file_that_is_no_proof_is_refused(proof: Path, tmp_path: Path, content: bytes) -> None:
    proof.write_bytes(content)
    failed(run("verify", proof, "--trust", tmp_path / "log.pub"))


def test_a_truncated_and_a_huge_proof_are_refused(proof: Path, tmp_path: Path) -> None:
    whole = proof.read_bytes()
    for share in (0.2, 0.5, 0.99):
        proof.write_bytes(whole[: int(len(whole) * share)])
        failed(run("verify", proof, "--trust", tmp_path / "log.pub"))
    with proof.open("wb") as out:
        out.truncate(50 * 1024**3)
    failed(run("verify", proof, "--trust", tmp_path / "log.pub"), "too large")


def test_proving_what_is_not_there_is_told(filled: Path) -> None:
    failed(run("log", "prove", "99", "--data", filled), "99")
    failed(run("log", "prove", "0", "--path", "/nothing", "--data", filled), "/nothing")
    failed(run("log", "prove", "0", "--epc", f"{GTIN}/21/404", "--data", filled), "404")
    failed(run("log", "prove", "0", "--epc", "hello", "--data", filled), "hello")
    failed(run("log", "prove", "0", "-o", filled / "no" / "x", "--data", filled), "No such file")
    assert run("log", "prove", "-1", "--data", filled).code == 2


# -- verdicts ----------------------------------------------------------------------------------------


def test_an_identity_is_judged_from_the_command_line(filled: Path) -> None:
    ran = run("verify", "(01)09521001000116(21)1", "--data", filled)
    assert ran.code == 0
    assert "Genuine" in ran.out
    assert run("verify", ITEM, "--data", filled, "--json").json["verdict"]["outcome"] == "genuine"
    unknown = run("verify", f"{GTIN}/21/404", "--data", filled, "--json").json
    assert unknown["verdict"]["outcome"] == "unknown"


def test_reading_commands_work_while_a_writer_is_at_work(filled: Path) -> None:
    ended = threading.Event()

    def work() -> None:
        with Node.open(Settings(data=filled)) as node:
            for number in itertools.count():
                event_ = commissioned(5 + number / 100, f"{GTIN}/21/n{number % 7}", ITEM)
                assert node.writer.capture(document(event_), "https://id.gs1.org/417/9521001000000").success
                if ended.is_set():
                    break

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for _ in range(8):
            for command in (("verify", ITEM), ("trace", "back", ITEM), ("stock",)):
                ran = run(*command, "--data", filled, "--json")
                assert ran.code == 0, ran.err
            assert run("log", "verify", "--data", filled).code == 0
            assert run("log", "prove", "0", "--data", filled).code == 0
    finally:
        ended.set()
        writer.join()


def test_a_verdict_reads_the_log_on_where_the_index_is_ahead_of_it(filled: Path) -> None:
    settings = Settings(data=filled)
    new = f"{GTIN}/21/new"
    with Node.open(settings) as writer, Node.follow(settings) as reader:
        writer.writer.capture(document(commissioned(9, new)), "https://id.gs1.org/417/9521001000000")
        assert reader.log.size < writer.log.size
        evidence = _gather(reader, parse(new))
        assert evidence.proof is not None
        assert evidence.proof.position == writer.log.size - 1


def test_an_identity_that_is_none_is_told_with_its_rule(filled: Path, tmp_path: Path) -> None:
    failed(run("verify", "(01)09521001000117(21)1", "--data", filled), "must be 6, it is 7")
    failed(run("verify", "x" * 300, "--data", filled), "xxx")
    failed(
        run("verify", "missing.json", "--trust", tmp_path / "k", "--data", filled), "there is no such file"
    )
