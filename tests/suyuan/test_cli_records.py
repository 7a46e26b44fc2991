"""Parties, tokens, labels, stock, readers and settings, from the command line."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from readers import LlrpSimulator
from suyuan.settings import SettingsError, load
from tests.suyuan.conftest import Ran, run
from tests.suyuan.documents import GTIN, ITEM, commissioned, document, event

DAIRY = "9521001000000"


def failed(ran: Ran, *told: str) -> None:
    """One clear line on standard error, nothing on standard output, exit code 1."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    for text in told:
        assert text in ran.err


def add_dairy(data: Path) -> Ran:
    return run("party", "add", DAIRY, "Dairy", "--role", "producer", "--prefix", "9521001", "--data", data)


# -- parties and tokens -------------------------------------------------------------------------------


def test_a_party_is_entered_listed_and_changed(data: Path) -> None:
    assert add_dairy(data).out == f"https://id.gs1.org/417/{DAIRY}  Dairy\n"
    ran = run(
        "party", "add", "urn:epc:id:pgln:9521001.00000", "Clearwater [/x]", "--name-zh", "清源乳业",
        "--role", "producer", "--role", "warehouse", "--prefix", "9521001", "--data", data,
    )  # fmt: skip
    assert ran.code == 0
    (party,) = run("party", "list", "--data", data, "--json").json
    assert party["id"] == f"https://id.gs1.org/417/{DAIRY}"
    assert (party["name"], party["roles"]) == ("Clearwater [/x]", ["producer", "warehouse"])
    listed = run("party", "list", "--data", data).out
    assert f"https://id.gs1.org/417/{DAIRY}" in listed
    assert "清源乳业" in listed
    assert "Clearwater [/x]" in listed


def test_a_wrong_gln_role_or_a_taken_prefix_is_refused(data: Path) -> None:
    add_dairy(data)
    failed(run("party", "add", "9521001000001", "X", "--role", "producer", "--data", data), "9521001000001")
    failed(run("party", "add", "hello", "X", "--role", "producer", "--data", data), "hello")
    taken = ("--prefix", "9521001", "--role", "producer")
    failed(run("party", "add", "9521101000009", "Farm", *taken, "--data", data), "9521001", "belongs to")
    assert run("party", "add", DAIRY, "X", "--role", "king", "--data", data).code == 2
    assert len(run("party", "list", "--data", data, "--json").json) == 1


def test_a_token_is_shown_once_and_stored_hashed(data: Path) -> None:
    add_dairy(data)
    ran = run("token", "issue", "producer", "--party", DAIRY, "--note", "line [1]", "--data", data)
    token = ran.out.strip()
    assert ran.code == 0
    assert token.startswith("sy_")
    assert len(token) == 46
    listed = run("token", "list", "--data", data)
    assert token not in listed.out
    assert "line [1]" in listed.out
    (entry,) = run("token", "list", "--data", data, "--json").json
    assert entry["id"] in listed.out
    assert entry["party"] == f"https://id.gs1.org/417/{DAIRY}"
    kept = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert token.encode() not in kept
    assert run("token", "issue", "regulator", "--data", data, "--json").json["token"] != token


def test_a_revoked_token_is_listed_as_revoked(data: Path) -> None:
    add_dairy(data)
    run("token", "issue", "producer", "--party", DAIRY, "--days", "3", "--data", data)
    (entry,) = run("token", "list", "--data", data, "--json").json
    assert entry["expires"] is not None
    assert run("token", "revoke", entry["id"], "--data", data).code == 0
    (entry,) = run("token", "list", "--data", data, "--json").json
    assert entry["revoked"] is not None


def test_tokens_that_cannot_be_are_refused(data: Path) -> None:
    add_dairy(data)
    failed(run("token", "issue", "producer", "--data", data), "needs a party")
    failed(run("token", "issue", "carrier", "--party", DAIRY, "--data", data), "carrier")
    failed(
        run("token", "issue", "producer", "--party", "9521101000009", "--data", data), "not in the register"
    )
    failed(run("token", "revoke", "tk[/x]000", "--data", data), "tk[/x]000", "suyuan token list")
    assert run("token", "issue", "producer", "--party", DAIRY, "--days", "0", "--data", data).code == 2
    assert run("token", "list", "--data", data, "--json").json == []


# -- labels ------------------------------------------------------------------------------------------


def test_a_sheet_has_a_label_for_each_new_serial(data: Path, tmp_path: Path) -> None:
    first = run(
        "labels", "sheet", "9521001000116", "30", "-o", tmp_path / "a.pdf", "--data", data, "--lot", "L1"
    )
    assert first.code == 0, first.err
    assert "30 labels on 2 pages" in first.err
    pages = _codes(tmp_path / "a.pdf")
    assert len(pages) == 30 == len(set(pages))
    assert all(code.startswith("http://127.0.0.1:8080/01/09521001000116/10/L1/21/") for code in pages)
    run("labels", "sheet", "9521001000116", "24", "-o", tmp_path / "b.pdf", "--data", data)
    assert not {code.rpartition("/")[2] for code in pages} & {
        code.rpartition("/")[2] for code in _codes(tmp_path / "b.pdf")
    }


def _codes(pdf: Path) -> list[str]:
    pypdfium2 = pytest.importorskip("pypdfium2")
    document = pypdfium2.PdfDocument(pdf)
    found = []
    for page in document:
        image: Image.Image = page.render(scale=3).to_pil()
        found += [result.text for result in zxingcpp.read_barcodes(image)]
    return found


def test_zpl_prints_and_writes_the_same_serial(data: Path, tmp_path: Path) -> None:
    to = tmp_path / "a.zpl"
    ran = run("labels", "zpl", "9521001000116", "3", "--prefix-length", "7", "-o", to, "--data", data)
    assert ran.code == 0, ran.err
    text = to.read_text()
    assert text.count("^XA") == text.count("^XZ") == text.count("^RFW") == 3


def test_labels_that_cannot_be_printed_cost_no_serials_and_leave_no_file(data: Path, tmp_path: Path) -> None:
    def sheet(*more: str, gtin: str = "9521001000116", to: Path = tmp_path / "x.pdf") -> Ran:
        return run("labels", "sheet", gtin, "2", "-o", to, "--style", "numeric", "--data", data, *more)

    failed(sheet(gtin="9521001000117"), "9521001000117")
    failed(sheet("--layout", "A0"), "A4, 3 x 8")
    failed(sheet(to=tmp_path / "no" / "x.pdf"), "No such file or directory")
    assert run("labels", "sheet", "9521001000116", "0", "--data", data).code == 2
    assert not list(tmp_path.glob("x*"))
    assert sheet().code == 0
    assert sorted(code.rpartition("/")[2] for code in _codes(tmp_path / "x.pdf")) == ["1", "2"]


def test_zpl_of_an_impossible_label_leaves_no_file(data: Path, tmp_path: Path) -> None:
    ran = run(
        "labels", "zpl", "9521001000116", "1", "--prefix-length", "7", "--width", "1", "-o", tmp_path / "x.zpl",
        "--data", data,
    )  # fmt: skip
    failed(ran)
    assert not list(tmp_path.glob("x*"))


# -- stock -------------------------------------------------------------------------------------------


def test_the_stock_is_told_by_site_product_and_lot(data: Path, tmp_path: Path) -> None:
    add_dairy(data)
    (tmp_path / "d.json").write_bytes(document(commissioned(0, ITEM, f"{GTIN}/21/2"), event(1)))
    run("capture", tmp_path / "d.json", "--data", data)
    (level,) = run("stock", "--data", data, "--json").json
    assert (level["quantity"], level["gtin"], level["lot"]) == ("2", GTIN, f"{GTIN}/10/L1")
    for asked in (
        ("--gtin", "9521001000116"),
        ("--lot", "(01)09521001000116(10)L1"),
        ("--site", level["site"]),
    ):
        assert run("stock", "--data", data, *asked, "--json").json == [level]
    assert run("stock", "--data", data, "--gtin", "9521101000016", "--json").json == []
    table = run("stock", "--data", data).out
    assert f"{GTIN}/10/L1" in table
    failed(run("stock", "--data", data, "--gtin", "9521001000117"), "9521001000117")
    failed(run("stock", "--data", data, "--lot", "L1"), "lot='L1'")
    failed(run("stock", "--data", data, "--lot", GTIN), "needs its gtin")


# -- readers -----------------------------------------------------------------------------------------


@pytest.fixture
def reader_port() -> Iterator[int]:
    """A simulated reader on a real port, in a loop of its own thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def wait(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    simulator = LlrpSimulator(reader_id="dock", antennas=1)
    yield wait(simulator.start())
    wait(simulator.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def site_file(folder: Path, port: int, **changes: str) -> Path:
    (folder / "token").write_text("sy_" + 43 * "A")
    (folder / "token").chmod(0o600)
    text = f"""
[site]
timeZone = "Asia/Shanghai"
[capture]
url = "http://127.0.0.1:9"
tokenFile = "{folder / "token"}"
[outbox]
path = "{folder / "outbox.sqlite"}"
[[reader]]
id = "dock"
host = "127.0.0.1"
port = {port}
[[station]]
name = "goods-in"
reads = [{{ reader = "dock", antennas = [1] }}]
type = "ObjectEvent"
action = "OBSERVE"
bizStep = "receiving"
readPoint = "https://id.gs1.org/414/9521001000024"
"""
    for old, new in changes.items():
        text = text.replace(f"\n{old} = ", f"\n{new} = ")
    file = folder / "site.toml"
    file.write_text(text)
    return file


def test_readers_are_listed_with_their_state(tmp_path: Path, reader_port: int) -> None:
    ran = run("readers", "list", site_file(tmp_path, reader_port), "--json")
    assert ran.code == 0, ran.err
    (reader,) = ran.json
    assert (reader["reader"], reader["stations"]) == ("dock", ["goods-in"])
    assert reader["error"] is None
    assert reader["description"]
    assert "goods-in" in run("readers", "list", site_file(tmp_path, reader_port)).out


@pytest.mark.slow
def test_a_reader_that_cannot_be_reached_is_listed_with_its_error(tmp_path: Path, free_port: int) -> None:
    (reader,) = run("readers", "list", site_file(tmp_path, free_port), "--json").json
    assert str(free_port) in reader["error"] or "refused" in reader["error"].lower()


def test_a_wrong_key_in_a_sites_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = site_file(tmp_path, 5084, bizStep="bisStep")
    line = 1 + file.read_text().split("\n").index('bisStep = "receiving"')
    failed(run("readers", "list", file), "bisStep", f"line {line}")


@pytest.mark.parametrize(
    ("text", "told"),
    [("x = 1\n[site\n", "line 2"), ("a = 1\n", "a"), ("[[reader]]\nid = 5\n", "id"), ("", "")],
)
def test_a_sites_file_that_is_none_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "site.toml"
    file.write_text(text)
    failed(run("readers", "list", file), told)
    file.write_bytes(b"\xff\xfe")
    failed(run("readers", "list", file))
    assert run("readers", "list", tmp_path / "missing.toml").code == 2


# -- settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 80\n", "prot"), ("port = 99999\n", "port"), ('port = "http"\n', "port"),
        ('time_zone = "Peking"\n', "Peking"),
        ('store = "mysql://x"\n', "store"), ('finality = "moon"\n', "finality"), ("public_rate = 0\n", "public_rate"),
        ('origin = "has blank"\n', "origin"), ("port = \n", "line 1"), ("[port\n", "line 1"), ("data = 5\n", "data"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_by_name(tmp_path: Path, data: Path, text: str, told: str) -> None:
    file = tmp_path / "suyuan.toml"
    file.write_text(text)
    failed(run("stock", "--config", file), told)


def test_a_settings_file_that_is_none_is_told(tmp_path: Path) -> None:
    failed(run("stock", "--config", tmp_path / "missing.toml"), "missing.toml")
    failed(run("stock", "--config", tmp_path), str(tmp_path))
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    failed(run("stock", "--config", tmp_path / "x.toml"), "x.toml")


def test_wrong_variables_of_the_environment_are_told_by_name(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PORT", "x"), ("TIME_ZONE", "Mars/Phobos"), ("STORE", "x"), ("PUBLIC_RATE", "-1")):
        monkeypatch.setenv(f"SUYUAN_{name}", value)
        failed(run("serve", "--data", data), name.lower())
        monkeypatch.delenv(f"SUYUAN_{name}")
    assert not data.exists()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "suyuan.toml"
    file.write_text('port = 1001\nhost = "::1"\npublic_url = "https://file.example"\n')
    monkeypatch.setenv("SUYUAN_PORT", "1002")
    monkeypatch.setenv("suyuan_host", "0.0.0.0")
    settings = load(file, port=None)
    assert (settings.port, settings.host) == (1002, "0.0.0.0")
    assert load(file, port=1003).port == 1003
    assert load(file).public_url == "https://file.example"
    with pytest.raises(SettingsError, match="port"):
        load(file, port=70000)


def test_the_address_of_the_server_can_be_opened_as_it_is_told() -> None:
    assert load(host="::1", port=8080).base_url == "http://[::1]:8080"
    assert load(host="10.0.0.7", port=80).base_url == "http://10.0.0.7:80"
    assert load(public_url="https://trace.example/").base_url == "https://trace.example"


def test_help_names_every_command() -> None:
    ran = run("--help")
    assert ran.code == 0
    for command in (
        "demo",
        "serve",
        "capture",
        "trace",
        "verify",
        "log",
        "readers",
        "labels",
        "stock",
        "party",
        "token",
    ):
        assert command in ran.out
    assert run().code in (0, 2)
    assert run("nonsense").code == 2
