"""Headers, bodies and statements: exact bytes, read by version, unknown ones refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Body, BodyErased, Entry, Header, Kind, Statement, StatementError, UnknownFormat

HEADERS = st.builds(
    Header,
    st.just(1),
    st.sampled_from(Kind),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=32, max_size=32),
)


@given(HEADERS)
def test_a_header_reads_back_as_it_was_written(header: Header) -> None:
    assert Header.decode(header.encode()) == header


def test_a_header_of_version_1_has_these_bytes_for_good() -> None:
    header = Header(1, Kind.RECALL, 0x0102030405060708, b"b" * 16, 7, b"c" * 32)
    assert header.encode().hex() == "01040102030405060708" + "62" * 16 + "00000007" + "63" * 32


def test_a_header_holds_nothing_but_version_kind_time_batch_and_commitment() -> None:
    assert Header.__slots__ == ("version", "kind", "record_time", "batch_id", "batch_index", "commitment")


@pytest.mark.parametrize("version", [0, 2, 255])
def test_an_unknown_header_version_is_named(version: int) -> None:
    data = bytes([version]) + Header(1, Kind.EVENT, 0, bytes(16), 0, bytes(32)).encode()[1:]
    with pytest.raises(UnknownFormat, match=f"version {version} is not known"):
        Header.decode(data)


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    data = bytearray(Header(1, Kind.EVENT, 0, bytes(16), 0, bytes(32)).encode())
    data[1] = 99
    with pytest.raises(UnknownFormat, match=r"kind 99 is not known.*1 EVENT.*5 ERASURE"):
        Header.decode(bytes(data))


@given(HEADERS, st.integers(0, 61))
def test_a_shortened_header_is_refused(header: Header, length: int) -> None:
    with pytest.raises(UnknownFormat):
        Header.decode(header.encode()[:length])


@given(st.binary(min_size=32, max_size=32), st.binary(), st.binary(), st.binary())
def test_a_body_reads_back_as_it_was_written(salt: bytes, received: bytes, meta: bytes, sig: bytes) -> None:
    body = Body(salt, received, meta, sig)
    assert Body.decode(body.encode()) == body


@given(st.binary(max_size=40), st.data())
def test_a_shortened_or_lengthened_body_is_refused(received: bytes, data: st.DataObject) -> None:
    whole = Body(bytes(32), received, b"{}").encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    for wrong in (whole[:cut], whole + b"x"):
        with pytest.raises(UnknownFormat):
            Body.decode(wrong)


def test_an_unknown_body_version_is_named() -> None:
    with pytest.raises(UnknownFormat, match="body of version 2"):
        Body.decode(b"\x02" + bytes(60))


def test_an_entry_gives_its_statement_back() -> None:
    body = Body(b"s" * 32, b'{"a": 1.50}', b'{"party":"urn:x"}', b"sig")
    entry = Entry(3, Header(1, Kind.EVENT, 5, bytes(16), 0, bytes(32)), body.encode())
    assert entry.statement() == Statement(Kind.EVENT, b'{"a": 1.50}', {"party": "urn:x"}, b"sig")
    assert entry.salt == b"s" * 32


def test_an_erased_entry_says_so_when_its_statement_is_asked_for() -> None:
    entry = Entry(3, Header(1, Kind.EVENT, 5, bytes(16), 0, bytes(32)), b"")
    assert entry.erased
    with pytest.raises(BodyErased, match="entry 3"):
        entry.statement()


@pytest.mark.parametrize("meta", [{"n": 2**70}, {"x": object()}, {1: "a"}, {"s": "\ud800"}])
def test_meta_that_json_cannot_say_is_refused(meta: dict[object, object]) -> None:
    with pytest.raises(StatementError, match="meta"):
        Statement(Kind.EVENT, b"{}", meta).meta_json()  # type: ignore[arg-type]
