"""Values of LLRP for property tests, made from the product's own table."""

from __future__ import annotations

from hypothesis import strategies as st

from readers.llrp.codec import BitString, Message, Parameter, Value
from readers.llrp.tables import MESSAGES, PARAMETERS

Fields = list[tuple[str, str]]


def _read(table: str) -> list[tuple[int, str, Fields]]:
    found: list[tuple[int, str, Fields]] = []
    for line in table.strip().splitlines():
        head, _, body = line.partition(":")
        number, name = head.split()
        parts = [part.split() for part in body.split(",") if part.strip()]
        found.append((int(number), name, [(label, kind) for label, kind in parts if label != "-"]))
    return found


def _value(kind: str) -> st.SearchStrategy[Value]:
    match kind:
        case "u96":
            return st.binary(min_size=12, max_size=12)
        case "utf8":
            return st.text(max_size=20)
        case "rest" | "u8v":
            return st.binary(max_size=20)
        case "u16v":
            return st.lists(st.integers(0, 0xFFFF), max_size=5).map(tuple)
        case "u32v":
            return st.lists(st.integers(0, 0xFFFFFFFF), max_size=5).map(tuple)
        case "bits":
            return st.integers(0, 100).flatmap(
                lambda n: st.binary(min_size=(n + 7) // 8, max_size=(n + 7) // 8).map(
                    lambda b: BitString(n, b)
                )
            )
    bits = int(kind[1:])
    return (
        st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
        if kind[0] == "s"
        else st.integers(0, (1 << bits) - 1)
    )


def _fields(fields: Fields) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({name: _value(kind) for name, kind in fields})


_TV = [
    _fields(fields).map(lambda values, name=name: Parameter(name, values))
    for number, name, fields in _read(PARAMETERS)
    if number < 128
]
_UNKNOWN = st.tuples(st.sampled_from([5, 127, 130, 400, 1000]), st.binary(max_size=20)).map(
    lambda pair: Parameter("UnknownTLV", {"Type": pair[0], "Data": pair[1]})
)


def _tlv(inside: st.SearchStrategy[Parameter]) -> st.SearchStrategy[Parameter]:
    choices = []
    for number, name, fields in _read(PARAMETERS):
        if number < 128:
            continue
        open_ended = any(kind == "rest" for _, kind in fields)
        choices.append(
            st.builds(
                Parameter,
                st.just(name),
                _fields(fields),
                st.just(()) if open_ended else st.lists(inside, max_size=3).map(tuple),
            )
        )
    return st.one_of(choices)


parameters = st.recursive(st.one_of(*_TV, _UNKNOWN), _tlv, max_leaves=6)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message LLRP can carry."""
    _, name, fields = draw(st.sampled_from(_read(MESSAGES)))
    open_ended = any(kind == "rest" for _, kind in fields)
    inside = () if open_ended else tuple(draw(st.lists(parameters, max_size=3)))
    return Message(
        name, draw(st.integers(0, 0xFFFFFFFF)), draw(_fields(fields)), inside, draw(st.sampled_from([1, 2]))
    )


_MAKE_UP = st.permutations(
    [
        ("ROSpecID", "ROSpecID", "u32"),
        ("SpecIndex", "SpecIndex", "u16"),
        ("AntennaID", "AntennaID", "u16"),
        ("PeakRSSI", "PeakRSSI", "s8"),
        ("ChannelIndex", "ChannelIndex", "u16"),
        ("FirstSeenTimestampUTC", "Microseconds", "u64"),
        ("LastSeenTimestampUTC", "Microseconds", "u64"),
        ("FirstSeenTimestampUptime", "Microseconds", "u64"),
        ("LastSeenTimestampUptime", "Microseconds", "u64"),
        ("TagSeenCount", "TagCount", "u16"),
        ("C1G2_PC", "PC_Bits", "u16"),
    ]
)


@st.composite
def tag_report_data(draw: st.DrawFn) -> Parameter:
    """A TagReportData with any of its parameters, in any order, with custom and unknown ones among them."""
    if draw(st.booleans()):
        epc = Parameter("EPC_96", {"EPC": draw(st.binary(min_size=12, max_size=12))})
    else:
        bits = draw(_value("bits"))
        epc = Parameter("EPCData", {"EPC": bits})
    chosen = draw(_MAKE_UP)[: draw(st.integers(0, 11))]
    inside = [Parameter(name, {label: draw(_value(kind))}) for name, label, kind in chosen]
    for _ in range(draw(st.integers(0, 2))):
        custom = {
            "VendorIdentifier": draw(st.sampled_from([25882, 161, 0])),
            "ParameterSubtype": draw(st.integers(0, 60)),
            "Data": draw(st.binary(max_size=12)),
        }
        inside.append(Parameter("Custom", custom))
    if draw(st.booleans()):
        inside.append(draw(_UNKNOWN))
    return Parameter("TagReportData", parameters=(epc, *inside))
