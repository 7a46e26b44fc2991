"""The 96-bit tag encodings, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.gs1 import Gs1Error, canonical, decode_tag, encode_tag, parse

from .forms import prefix_and_reference

# Tag Data Standard, annex E.3, and the classic vector.
ANNEX_E3 = {
    "3066C4409047E140075BCD15": ("sgtin-96", 3, 11, "/01/09506000134352/21/123456789"),
    "311BA1B300CE0A6A83000000": ("sscc-96", 0, 6, "/00/095201234567891235"),
    "3276451FD46072000000162E": ("sgln-96", 3, 7, "/414/9521141123454/254/5678"),
    "3376451FD40C0E400000162E": ("grai-96", 3, 7, "/8003/095211411234545678"),
    "3476451FD40000000000162E": ("giai-96", 3, 7, "/8004/95211415678"),
    "3074257BF7194E4000001A85": ("sgtin-96", 3, 7, "/01/80614141123458/21/6789"),
}


@pytest.mark.parametrize("epc", ANNEX_E3)
def test_the_examples_of_the_standard_decode_and_encode(epc: str) -> None:
    scheme, filter_value, prefix_length, path = ANNEX_E3[epc]
    tag = decode_tag(epc)
    assert (tag.scheme, tag.filter_value) == (scheme, filter_value)
    assert tag.identity.uri == f"https://id.gs1.org{path}"
    assert tag.identity.company_prefix_length == prefix_length
    given_length = encode_tag(
        tag.identity.uri, filter_value=filter_value, company_prefix_length=prefix_length
    )
    assert given_length.hex().upper() == epc


def numbers(limit: int) -> st.SearchStrategy[str]:
    return st.integers(0, limit).map(str)


@st.composite
def asset(draw: st.DrawFn) -> str:
    length = draw(st.integers(6, 12))
    bits = (62, 58, 55, 52, 48, 45, 42)[length - 6]
    prefix = draw(st.text("0123456789", min_size=length, max_size=length))
    return f"{prefix}.{draw(numbers(2**bits - 1))}"


def with_serial(total: int, limit: int) -> st.SearchStrategy[str]:
    return st.tuples(prefix_and_reference(total), numbers(limit)).map(".".join)


BODIES: dict[str, st.SearchStrategy[str]] = {
    "sgtin": with_serial(13, 2**38 - 1),
    "sscc": prefix_and_reference(17),
    "sgln": with_serial(12, 2**41 - 1),
    "grai": with_serial(12, 2**38 - 1),
    "giai": asset(),
}


@pytest.mark.parametrize("scheme", BODIES)
def test_encoding_and_decoding_are_inverse_over_the_whole_range(scheme: str) -> None:
    @given(BODIES[scheme], st.integers(0, 7))
    def holds(body: str, filter_value: int) -> None:
        urn = f"urn:epc:id:{scheme}:{body}"
        epc = encode_tag(urn, filter_value=filter_value)
        assert len(epc) == 12
        tag = decode_tag(epc)
        assert tag.urn == f"urn:epc:tag:{scheme}-96:{filter_value}.{body}"
        assert tag.identity == parse(urn) == parse(tag.urn)
        length = len(body.split(".")[0])
        assert tag.identity.company_prefix_length == length
        link = canonical(urn)
        assert encode_tag(link, filter_value=filter_value, company_prefix_length=length) == epc

    holds()


@given(st.binary(min_size=12, max_size=12), st.integers(0x30, 0x34))
def test_any_96_bits_decode_to_what_they_encode_or_are_refused(data: bytes, header: int) -> None:
    data = bytes([header]) + data[1:]
    try:
        tag = decode_tag(data)
    except Gs1Error:
        with pytest.raises(Gs1Error, match=data.hex().upper()):
            decode_tag(data)
    else:
        length = tag.identity.company_prefix_length
        again = encode_tag(tag.identity.uri, filter_value=tag.filter_value, company_prefix_length=length)
        assert again == data


def test_a_link_is_encoded_with_the_company_prefix_that_is_looked_up() -> None:
    epc = encode_tag("https://id.gs1.org/01/09506000134352/21/123456789", filter_value=3)
    assert epc.hex().upper() == "3066C4409047E140075BCD15"
    assert encode_tag("(00)095201234567891235", filter_value=0, company_prefix_length=6).hex().upper() == (
        "311BA1B300CE0A6A83000000"
    )


def test_a_place_without_extension_has_extension_0_on_the_tag() -> None:
    epc = encode_tag("urn:epc:id:sgln:4012345.00005.0", filter_value=0)
    assert decode_tag(epc).identity.uri == "https://id.gs1.org/414/4012345000054"
    assert decode_tag(epc).urn == "urn:epc:tag:sgln-96:0.4012345.00005.0"


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("urn:epc:id:sgtin:0614141.812345.0123", "leading zero, found '0123'"),
        ("urn:epc:id:sgtin:0614141.812345.274877906944", "up to 274877906943 (2^38 - 1)"),
        ("https://id.gs1.org/01/80614141123458/21/274877906944", "up to 274877906943 (2^38 - 1)"),
        ("urn:epc:id:sgtin:0614141.812345.12A", "digits only, found '12A'"),
        ("urn:epc:id:sgtin:0614141.812345.12%2F3", "digits only, found '12/3'"),
        ("urn:epc:id:sgtin:0614141.81234.1", "reference of 6 digits"),
        ("urn:epc:idpat:sgtin:0614141.812345.*", "none of the encodings"),
        ("urn:epc:class:lgtin:0614141.812345.L", "none of the encodings"),
        ("urn:epc:id:sgln:0614141.12345.2199023255552", "2^41 - 1"),
        ("urn:epc:id:sgln:0614141.12345.05", "leading zero"),
        ("https://id.gs1.org/414/9521141123454/7040/1ABC", "importer index"),
        ("urn:epc:id:grai:0614141.12345.274877906944", "2^38 - 1"),
        ("urn:epc:idpat:grai:0614141.12345.*", "this is a grai class"),
        ("urn:epc:id:giai:0614141.12A", "digits only"),
        ("urn:epc:id:giai:061414112345.4398046511104", "2^42 - 1"),
        ("urn:epc:id:gid:1.2.3", "none of the encodings"),
        ("urn:uuid:1", "none of the encodings"),
    ],
)
def test_what_96_bits_cannot_hold_is_refused_with_the_bound(uri: str, says: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        encode_tag(uri)
    assert says in str(caught.value)


def test_encoding_needs_a_known_company_prefix_a_filter_in_range_and_the_right_scheme() -> None:
    with pytest.raises(Gs1Error, match="company prefix is unknown"):
        encode_tag("https://id.gs1.org/01/02112345678900/21/1")
    with pytest.raises(Gs1Error, match="6 to 12 digits, not 5"):
        encode_tag("https://id.gs1.org/01/09506000134352/21/1", company_prefix_length=5)
    with pytest.raises(Gs1Error, match="filter value is 0 to 7, not 8"):
        encode_tag("urn:epc:id:sgtin:0614141.812345.1", filter_value=8)
    with pytest.raises(Gs1Error, match="holds an instance of its own key"):
        encode_tag("urn:epc:id:sgtin:0614141.812345.1", scheme="sscc-96")
    with pytest.raises(Gs1Error, match="none of the encodings"):
        encode_tag("urn:epc:id:sgtin:0614141.812345.1", scheme="sgtin-198")
    assert encode_tag("urn:epc:id:sgtin:0614141.812345.1", scheme="sgtin-96")[0] == 0x30


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "1 to 62 bytes"),
        ("30" * 63, "1 to 62 bytes"),
        ("3074257BF7194E4000001A", "12 bytes, this has 11"),
        ("3074257BF7194E4000001A850001", "zeros only"),
        ("3074257BF7194E4000001A8", "pairs of hex digits"),
        ("30 74257BF7194E4000001A85", "pairs of hex digits"),
        ("3666C4409047E159B2C2BF100000000000000000000000000000", "header 36 (SGTIN-198) is none of"),
        ("E2003412012345678900ABCD", "header E2 is none of"),
        ("301C257BF7194E4000001A85", "partition must be 0 to 6"),
        ("3003FFFFFFFFFFC000001A85", "company prefix is below 10^12"),
        ("311BA1B300CE0A6A83000001", "reserved and zero"),
    ],
)
def test_data_that_is_no_such_tag_is_refused_with_the_reason(data: str, says: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        decode_tag(data)
    assert says in caught.value.rule


def test_zeros_behind_the_epc_are_padding() -> None:
    assert decode_tag("3074257BF7194E4000001A85" + "0000" * 2) == decode_tag("3074257BF7194E4000001A85")


def test_a_location_reference_of_no_digits_is_zero_on_the_tag() -> None:
    epc = int.from_bytes(encode_tag("urn:epc:id:sgln:401234500000..7"))
    with pytest.raises(Gs1Error, match=r"reference below 10\^0"):
        decode_tag((epc | 1 << 41).to_bytes(12))
