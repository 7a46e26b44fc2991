"""LLRP in binary: frames, messages and parameters, both ways.

`Framer` cuts a byte stream into frames; `decode` makes a `Message` of a frame, `encode` a frame of a message.
Both are driven by the table of `tables`, and are inverses of each other:

>>> frame = encode(Message("KEEPALIVE", 7))
>>> frame.hex()
'043e0000000a00000007'
>>> decode(frame) == Message("KEEPALIVE", 7)
True
>>> spec = Parameter("KeepaliveSpec", {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": 5000})
>>> message = Message("SET_READER_CONFIG", 1, {"ResetToFactoryDefault": 0}, (spec,))
>>> decode(encode(message)).find("KeepaliveSpec")["PeriodicTriggerValue"]
5000

The bytes come from a network and are hostile: a frame has a greatest length, a message a greatest number of
parameters and depth, and whatever breaks the encoding raises `LlrpError` with the place, nothing else.
A message or parameter that the table does not know is kept (`UnknownMessage`, `UnknownTLV`, `UnknownTV`) and
encodes to the same bytes again. Reports are hot: `reports` reads them without building parameters.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from readers.errors import LlrpError
from readers.llrp.layout import BitString, Value, compile_table
from readers.llrp.tables import MESSAGES, PARAMETERS

__all__ = [
    "HEADER_SIZE",
    "MESSAGE_NUMBERS",
    "BitString",
    "Framer",
    "Limits",
    "Message",
    "Parameter",
    "Value",
    "decode",
    "encode",
    "message_id_of",
    "message_number",
]

HEADER_SIZE = 10
_HEADER = struct.Struct(">HII")
_TLV = struct.Struct(">HH")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a peer's bytes is worked on: bytes a message, parameters a message, nesting."""

    message_bytes: int = 1 << 20
    parameters: int = 100_000
    depth: int = 12


_DEFAULT_LIMITS = Limits()


class _Holder:
    """What a message and a parameter have in common: fields by name, and parameters in order."""

    __slots__ = ()

    name: str
    fields: Mapping[str, Value]
    parameters: tuple[Parameter, ...]

    def __getitem__(self, name: str) -> Value:
        return self.fields[name]

    def number(self, name: str) -> int:
        """An integer field; raises `LlrpError` where it is absent or no integer."""
        return _number(self.name, self.fields, name)

    def text(self, name: str) -> str:
        """A text field; raises `LlrpError` where it is absent or no text."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise LlrpError(f"{self.name} carries no text {name}")
        return value

    def all(self, name: str) -> Iterator[Parameter]:
        """The parameters of this name directly inside."""
        return (parameter for parameter in self.parameters if parameter.name == name)

    def find(self, name: str) -> Parameter | None:
        """The first parameter of this name directly inside, or None."""
        return next(self.all(name), None)


@dataclass(frozen=True, slots=True)
class Parameter(_Holder):
    """A parameter: its name in the standard, its fields by name, and the parameters it holds, in order."""

    name: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Message(_Holder):
    """A message: name, message id (32 bits), fields, parameters; version 1 is LLRP 1.0.1, 2 is LLRP 1.1."""

    name: str
    id: int = 0
    fields: Mapping[str, Value] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    version: int = 1


def _number(owner: str, fields: Mapping[str, Value], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int):
        raise LlrpError(f"{owner} carries no number {name}")
    return value


# -- frames
# ------------------------------------------------------------------------------------------------------


class Framer:
    """Cuts a byte stream into frames of one message each."""

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._consumed = 0

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Frames completed by `data`, in order.

        Raises `LlrpError` with the offset in the stream for a header that is no LLRP or a length beyond the
        limit; the stream cannot be followed after that.
        """
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= HEADER_SIZE:
                first, length, _ = _HEADER.unpack_from(buffer, start)
                version = first >> 10 & 7
                if version not in (1, 2):
                    raise LlrpError(f"no LLRP header: version {version}", offset=self._consumed + start)
                if not HEADER_SIZE <= length <= self._limits.message_bytes:
                    raise LlrpError(
                        f"message length {length}, expected {HEADER_SIZE} to {self._limits.message_bytes}",
                        offset=self._consumed + start + 2,
                    )
                if len(buffer) - start < length:
                    break
                end = start + length
                yield bytes(buffer[start:end])
                start = end
        finally:
            del buffer[:start]
            self._consumed += start


def message_number(frame: bytes) -> int:
    """The message type of a frame."""
    return (frame[0] << 8 | frame[1]) & 0x3FF


def message_id_of(frame: bytes) -> int:
    """The message id of a frame."""
    return int.from_bytes(frame[6:10], "big")


_MESSAGES, _MESSAGES_BY_NAME = compile_table(MESSAGES)
_PARAMETERS, _PARAMETERS_BY_NAME = compile_table(PARAMETERS)
MESSAGE_NUMBERS: dict[str, int] = {name: layout.number for name, layout in _MESSAGES_BY_NAME.items()}
"""Message types by name."""


# -- decoding
# -----------------------------------------------------------------------------------------------------


def decode(frame: bytes, limits: Limits = _DEFAULT_LIMITS) -> Message:
    """The message of one frame.

    Args: `frame` is a whole message, header included, as `Framer` gives it.
    Raises `LlrpError` with the offset in the frame.
    """
    if len(frame) < HEADER_SIZE:
        raise LlrpError(f"a message has at least {HEADER_SIZE} bytes, got {len(frame)}", offset=0)
    first, length, message_id = _HEADER.unpack_from(frame)
    if length != len(frame):
        raise LlrpError(f"message length {length} does not match the {len(frame)} bytes given", offset=2)
    if length > limits.message_bytes:
        raise LlrpError(f"message length {length}, at most {limits.message_bytes}", offset=2)
    version, number = first >> 10 & 7, first & 0x3FF
    if version not in (1, 2):
        raise LlrpError(f"no LLRP header: version {version}", offset=0)
    layout = _MESSAGES.get(number)
    if layout is None:
        fields: dict[str, Value] = {"Type": number, "Data": frame[HEADER_SIZE:]}
        return Message("UnknownMessage", message_id, fields, version=version)
    fields, at = {}, HEADER_SIZE
    for step in layout.steps:
        at = step.decode(frame, at, length, fields)
    budget = [limits.parameters]
    return Message(
        layout.name, message_id, fields, _parameters(frame, at, length, limits.depth, budget), version
    )


def _parameters(data: bytes, at: int, end: int, depth: int, budget: list[int]) -> tuple[Parameter, ...]:
    if at < end and depth == 0:
        raise LlrpError("parameters are nested too deeply", offset=at)
    found: list[Parameter] = []
    while at < end:
        budget[0] -= 1
        if budget[0] < 0:
            raise LlrpError("more parameters in one message than allowed", offset=at)
        fields: dict[str, Value] = {}
        head = data[at]
        if head & 0x80:
            layout = _PARAMETERS.get(head & 0x7F)
            at += 1
            if layout is None:  # a TV says no length: the rest of its parent cannot be told apart any more
                found.append(Parameter("UnknownTV", {"Type": head & 0x7F, "Data": data[at:end]}))
                break
            for step in layout.steps:
                at = step.decode(data, at, end, fields)
            found.append(Parameter(layout.name, fields))
            continue
        if at + 4 > end:
            raise LlrpError(f"a TLV parameter has at least 4 bytes, {end - at} left", offset=at)
        number, length = _TLV.unpack_from(data, at)
        number &= 0x3FF
        stop = at + length
        if length < 4 or stop > end:
            raise LlrpError(f"parameter {number}: length {length}, expected 4 to {end - at}", offset=at + 2)
        layout = _PARAMETERS.get(number) if number >= 128 else None
        if layout is None:
            found.append(Parameter("UnknownTLV", {"Type": number, "Data": data[at + 4 : stop]}))
        else:
            inner = at + 4
            for step in layout.steps:
                inner = step.decode(data, inner, stop, fields)
            found.append(Parameter(layout.name, fields, _parameters(data, inner, stop, depth - 1, budget)))
        at = stop
    return tuple(found)


# -- encoding
# -----------------------------------------------------------------------------------------------------


def encode(message: Message) -> bytes:
    """The frame of a message.

    Raises `LlrpError` for a name the table does not know, a field that is absent or out of range, or a length
    that LLRP cannot state.
    """
    out = bytearray(HEADER_SIZE)
    if message.name == "UnknownMessage":
        number = _limited(message.name, message.fields, "Type", 0x3FF)
        out += _data(message.name, message.fields)
    else:
        layout = _MESSAGES_BY_NAME.get(message.name)
        if layout is None:
            raise LlrpError(f"no LLRP message is called {message.name!r}")
        number = layout.number
        for step in layout.steps:
            step.encode(message.fields, out)
    for parameter in message.parameters:
        _encode_parameter(parameter, out)
    if message.version not in (1, 2) or not 0 <= message.id <= 0xFFFFFFFF:
        raise LlrpError(f"version {message.version} or message id {message.id} is out of range")
    _HEADER.pack_into(out, 0, message.version << 10 | number, len(out), message.id)
    return bytes(out)


def _encode_parameter(parameter: Parameter, out: bytearray) -> None:
    name, fields = parameter.name, parameter.fields
    if name == "UnknownTV":
        out.append(0x80 | _limited(name, fields, "Type", 0x7F))
        out += _data(name, fields)
        return
    layout = _PARAMETERS_BY_NAME.get(name)
    if layout is None and name != "UnknownTLV":
        raise LlrpError(f"no LLRP parameter is called {name!r}")
    if layout is not None and layout.number < 128:
        if parameter.parameters:
            raise LlrpError(f"{name} is a TV parameter and holds no others")
        out.append(0x80 | layout.number)
        for step in layout.steps:
            step.encode(fields, out)
        return
    start = len(out)
    out += b"\0\0\0\0"
    if layout is None:
        number = _limited(name, fields, "Type", 0x3FF)
        out += _data(name, fields)
    else:
        number = layout.number
        for step in layout.steps:
            step.encode(fields, out)
    for inner in parameter.parameters:
        _encode_parameter(inner, out)
    length = len(out) - start
    if length > 0xFFFF:
        raise LlrpError(f"{name} has {length} bytes, at most 65535")
    _TLV.pack_into(out, start, number, length)


def _limited(owner: str, fields: Mapping[str, Value], name: str, most: int) -> int:
    value = _number(owner, fields, name)
    if not 0 <= value <= most:
        raise LlrpError(f"{owner}.{name}: expected 0 to {most}, got {value}")
    return value


def _data(owner: str, fields: Mapping[str, Value]) -> bytes:
    value = fields.get("Data")
    if not isinstance(value, bytes):
        raise LlrpError(f"{owner}.Data: expected bytes, got {value!r}")
    return value
