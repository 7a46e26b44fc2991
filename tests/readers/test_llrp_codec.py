"""LLRP in binary: what goes in comes out, and hostile bytes give an LlrpError, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readers import LlrpError
from readers.llrp.codec import Framer, Limits, Message, Parameter, decode, encode
from readers.llrp.reports import ReportDecoder, TagReport

from .frames import messages, tag_report_data


@given(messages())
def test_a_message_that_was_encoded_decodes_to_the_same_message(message: Message) -> None:
    frame = encode(message)
    assert decode(frame) == message
    assert encode(decode(frame)) == frame


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_llrp_error(data: bytes) -> None:
    for call in (decode, lambda frame: list(Framer().feed(frame)), ReportDecoder().decode):
        try:
            call(data)
        except LlrpError:
            continue


@settings(max_examples=300)
@given(messages(), st.data())
def test_a_damaged_message_decodes_or_raises_llrp_error(message: Message, data: st.DataObject) -> None:
    frame = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    frame[2:6] = len(frame).to_bytes(4, "big")
    offset: int | None = None
    try:
        assert isinstance(decode(bytes(frame)), Message)
    except LlrpError as error:
        offset = error.offset
    assert offset is None or 0 <= offset <= len(frame)
    with pytest.raises(LlrpError):
        decode(bytes(frame[:-1]))


@given(st.lists(messages(), min_size=1, max_size=5), st.integers(1, 30))
def test_a_stream_is_cut_into_frames_wherever_the_network_cuts_it(sent: list[Message], piece: int) -> None:
    stream = b"".join(encode(message) for message in sent)
    framer = Framer()
    frames = [
        frame
        for start in range(0, len(stream), piece)
        for frame in framer.feed(stream[start : start + piece])
    ]
    assert [decode(frame) for frame in frames] == sent
    assert framer.pending == 0


def test_the_stream_offset_of_a_wrong_header_is_told() -> None:
    good = encode(Message("KEEPALIVE", 1))
    framer = Framer()
    assert list(framer.feed(good)) == [good]
    with pytest.raises(LlrpError, match=r"version 3 \(at byte 10\)"):
        list(framer.feed(bytes.fromhex("0c3e0000000a00000001")))


@pytest.mark.parametrize("length", [0, 9, (1 << 20) + 1, 0xFFFFFFFF])
def test_a_length_no_message_can_have_is_refused_before_anything_is_buffered(length: int) -> None:
    with pytest.raises(LlrpError, match="message length"):
        list(Framer().feed(b"\x04\x3e" + length.to_bytes(4, "big") + bytes(4)))


def test_parameters_nested_too_deeply_are_refused() -> None:
    inner = Parameter("ROBoundarySpec")
    for _ in range(20):
        inner = Parameter("ROBoundarySpec", parameters=(inner,))
    with pytest.raises(LlrpError, match="nested too deeply"):
        decode(encode(Message("ADD_ROSPEC", parameters=(inner,))))


def test_a_message_of_very_many_parameters_is_refused() -> None:
    many = tuple(Parameter("PeakRSSI", {"PeakRSSI": 0}) for _ in range(1001))
    frame = encode(Message("RO_ACCESS_REPORT", parameters=many))
    assert len(decode(frame).parameters) == 1001
    with pytest.raises(LlrpError, match="more parameters"):
        decode(frame, Limits(parameters=1000))


def test_an_unknown_message_is_kept_and_goes_out_as_it_came_in() -> None:
    frame = bytes.fromhex("0601 0000000e 00000007 deadbeef")
    message = decode(frame)
    assert (message.name, message["Type"], message["Data"]) == (
        "UnknownMessage",
        513,
        bytes.fromhex("deadbeef"),
    )
    assert encode(message) == frame


def test_an_unknown_parameter_does_not_hide_those_behind_it() -> None:
    frame = bytes.fromhex("003d00000020 00000001 00f00016 8d000102030405060708090a0b 0191 0005 ff").replace(
        b"\x00\x3d", b"\x04\x3d", 1
    )
    [tag] = decode(frame).parameters
    assert [inner.name for inner in tag.parameters] == ["EPC_96", "UnknownTLV"]
    assert ReportDecoder().decode(frame)[0].epc == bytes(range(12))


@pytest.mark.parametrize(
    ("parameter", "complaint"),
    [
        (Parameter("AntennaID", {"AntennaID": 65536}), "0 to 65535"),
        (Parameter("AntennaID", {}), "expected an integer"),
        (Parameter("EPC_96", {"EPC": b"short"}), "expected 12 bytes"),
        (Parameter("PeakRSSI", {"PeakRSSI": -129}), "-128 to 127"),
        (Parameter("NoSuch"), "no LLRP parameter"),
        (Parameter("AntennaID", {"AntennaID": 1}, (Parameter("ROBoundarySpec"),)), "TV parameter"),
        (Parameter("Custom", {"VendorIdentifier": 1, "ParameterSubtype": 1, "Data": bytes(70_000)}), "65535"),
    ],
)
def test_what_llrp_cannot_carry_is_not_encoded(parameter: Parameter, complaint: str) -> None:
    with pytest.raises(LlrpError, match=complaint):
        encode(Message("RO_ACCESS_REPORT", parameters=(parameter,)))


def test_a_description_that_is_no_utf8_does_not_lose_the_status() -> None:
    frame = bytes.fromhex("041e 00000015 00000001 011f 000b 0064 0003 41ff42")
    status = decode(frame).find("LLRPStatus")
    assert status is not None
    assert (status["StatusCode"], status["ErrorDescription"]) == (100, "A\\xffB")


# -- the fast path against the general one --------------------------------------------------------------


def _by_the_general_codec(frame: bytes) -> list[TagReport]:
    def number(tag: Parameter, name: str, label: str) -> int | None:
        found = tag.find(name)
        return None if found is None else found.number(label)

    tags = []
    for tag in decode(frame).all("TagReportData"):
        short, long = tag.find("EPC_96"), tag.find("EPCData")
        epc = short["EPC"] if short is not None else long["EPC"].data if long is not None else b""
        custom = tuple(
            (one.number("VendorIdentifier"), one.number("ParameterSubtype"), one["Data"])
            for one in tag.all("Custom")
        )
        tags.append(
            TagReport(
                epc,
                number(tag, "AntennaID", "AntennaID"),
                number(tag, "PeakRSSI", "PeakRSSI"),
                number(tag, "FirstSeenTimestampUTC", "Microseconds"),
                number(tag, "LastSeenTimestampUTC", "Microseconds"),
                number(tag, "FirstSeenTimestampUptime", "Microseconds"),
                number(tag, "LastSeenTimestampUptime", "Microseconds"),
                number(tag, "TagSeenCount", "TagCount"),
                number(tag, "ChannelIndex", "ChannelIndex"),
                number(tag, "ROSpecID", "ROSpecID"),
                number(tag, "C1G2_PC", "PC_Bits"),
                custom,
            )
        )
    return tags


@settings(max_examples=300)
@given(st.lists(st.lists(tag_report_data(), max_size=4), min_size=1, max_size=3), st.integers(1, 3))
def test_the_fast_path_reads_reports_as_the_general_codec_does(
    reports: list[list[Parameter]], times: int
) -> None:
    decoder = ReportDecoder()  # one for all reports: shapes learnt from one are tried on the next
    for tags in reports:
        frame = encode(Message("RO_ACCESS_REPORT", 1, {}, tuple(tags) * times))
        assert decoder.decode(frame) == _by_the_general_codec(frame)


@given(st.lists(tag_report_data(), min_size=1, max_size=3), st.data())
def test_a_damaged_report_gives_tags_or_an_llrp_error(tags: list[Parameter], data: st.DataObject) -> None:
    frame = encode(Message("RO_ACCESS_REPORT", 1, {}, tuple(tags)))
    decoder = ReportDecoder()
    decoder.decode(frame)
    damaged = bytearray(frame)
    damaged[data.draw(st.integers(10, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = decoder.decode(bytes(damaged))
    except LlrpError:
        return
    assert all(isinstance(tag.epc, bytes) for tag in found)


def test_a_tag_without_an_epc_is_an_error() -> None:
    tag = Parameter("TagReportData", parameters=(Parameter("AntennaID", {"AntennaID": 1}),))
    with pytest.raises(LlrpError, match="no EPC"):
        ReportDecoder().decode(encode(Message("RO_ACCESS_REPORT", parameters=(tag,))))
