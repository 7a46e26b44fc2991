"""The fields of messages and parameters, made from the lines of `tables`: how each is read and written.

Fields of fixed width that stand side by side become one `struct`; the others have a count, or go to the end.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from readers.errors import LlrpError

__all__ = ["BitString", "Layout", "Value", "compile_table"]


class BitString(NamedTuple):
    """A counted bit array: `length` bits in `data`, highest bit first, the last byte padded."""

    length: int
    data: bytes


Value = int | str | bytes | tuple[int, ...] | BitString
"""What a field holds, by its type in the table."""


# ----------------------------------------------------------------------------------------


class Fixed:
    """Fields of fixed width side by side: one struct, bit fields split out of their integer."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.format = ">"
        self.slots: list[
            str | tuple[tuple[str, int, int], ...]
        ] = []  # a field, or (name, shift, mask) of bits
        self.packer = struct.Struct(">")
        self.ranges: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        self.packer = struct.Struct(self.format)

    def decode(self, data: bytes, at: int, end: int, into: dict[str, Value]) -> int:
        if at + self.packer.size > end:
            raise LlrpError(f"{self.owner} is cut short: {end - at} of {self.packer.size} bytes", offset=at)
        for slot, value in zip(self.slots, self.packer.unpack_from(data, at), strict=True):
            if isinstance(slot, str):
                into[slot] = value
            else:
                for name, shift, mask in slot:
                    into[name] = value >> shift & mask
        return at + self.packer.size

    def encode(self, fields: Mapping[str, Value], out: bytearray) -> None:
        values: list[int | bytes] = []
        for slot in self.slots:
            if isinstance(slot, str):
                values.append(self._value(fields, slot))
            else:
                word = 0
                for name, shift, _ in slot:
                    word |= int(self._value(fields, name)) << shift
                values.append(word)
        out += self.packer.pack(*values)

    def _value(self, fields: Mapping[str, Value], name: str) -> int | bytes:
        value = fields.get(name)
        low, high = self.ranges[name]
        if high < 0:  # u96
            if not isinstance(value, bytes) or len(value) != 12:
                raise LlrpError(f"{self.owner}.{name}: expected 12 bytes, got {value!r}")
            return value
        if not isinstance(value, int) or not low <= value <= high:
            raise LlrpError(f"{self.owner}.{name}: expected an integer {low} to {high}, got {value!r}")
        return value


class Counted:
    """A field with its own 16-bit count."""

    def __init__(self, owner: str, name: str, kind: str) -> None:
        self.owner, self.name, self.kind = owner, name, kind
        self.width = {"u16v": 2, "u32v": 4}.get(kind, 1)
        self.code = {"u16v": "H", "u32v": "I"}.get(kind, "B")

    def decode(self, data: bytes, at: int, end: int, into: dict[str, Value]) -> int:
        if at + 2 > end:
            raise LlrpError(f"{self.owner}.{self.name} has no room for its count", offset=at)
        count = data[at] << 8 | data[at + 1]
        size = (count + 7) // 8 if self.kind == "bits" else count * self.width
        start, stop = at + 2, at + 2 + size
        if stop > end:
            raise LlrpError(
                f"{self.owner}.{self.name}: count {count} reaches beyond its parameter", offset=at
            )
        content = data[start:stop]
        if self.kind == "bits":
            into[self.name] = BitString(count, content)
        elif self.kind == "utf8":
            # Readers fill descriptions with what they like; nothing of it is worth losing the connection.
            into[self.name] = content.decode("utf-8", "backslashreplace")
        elif self.kind == "u8v":
            into[self.name] = content
        else:
            into[self.name] = struct.unpack(f">{count}{self.code}", content)
        return stop

    def encode(self, fields: Mapping[str, Value], out: bytearray) -> None:
        value = fields.get(self.name)
        count, content = 0, b""
        match self.kind, value:
            case "bits", BitString(length, bits) if len(bits) == (length + 7) // 8:
                count, content = length, bits
            case "utf8", str(text):
                try:
                    content = text.encode("utf-8")
                except UnicodeEncodeError as error:
                    raise LlrpError(f"{self.owner}.{self.name}: no UTF-8: {error.reason}") from None
                count = len(content)
            case "u8v", bytes(content):
                count = len(content)
            case (("u16v" | "u32v"), tuple(numbers)) if not isinstance(value, BitString):
                count = len(numbers)
                try:
                    content = struct.pack(f">{count}{self.code}", *numbers)
                except struct.error as error:
                    raise LlrpError(f"{self.owner}.{self.name}: {error}") from None
            case _:
                raise LlrpError(f"{self.owner}.{self.name}: {value!r} is no {self.kind}")
        if count > 0xFFFF:
            raise LlrpError(f"{self.owner}.{self.name}: {count} elements, at most 65535")
        out += count.to_bytes(2, "big") + content


class Rest:
    """Bytes to the end of the message or parameter."""

    def __init__(self, owner: str, name: str) -> None:
        self.owner, self.name = owner, name

    def decode(self, data: bytes, at: int, end: int, into: dict[str, Value]) -> int:
        into[self.name] = data[at:end]
        return end

    def encode(self, fields: Mapping[str, Value], out: bytearray) -> None:
        value = fields.get(self.name)
        if not isinstance(value, bytes):
            raise LlrpError(f"{self.owner}.{self.name}: expected bytes, got {value!r}")
        out += value


_INTEGERS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s8": "b", "s16": "h"}
_WORDS = {8: "B", 16: "H", 32: "I"}


@dataclass(frozen=True, slots=True)
class Layout:
    """One line of the table: a message or parameter, its number, and its fields as steps."""

    number: int
    name: str
    steps: tuple[Fixed | Counted | Rest, ...]


def _compile(line: str) -> Layout:
    head, _, body = line.partition(":")
    number, name = head.split()
    steps: list[Fixed | Counted | Rest] = []
    bits: list[tuple[str, int]] = []

    def fixed() -> Fixed:
        if not steps or not isinstance(steps[-1], Fixed):
            steps.append(Fixed(name))
        return cast(Fixed, steps[-1])

    for text in filter(None, (part.strip() for part in body.split(","))):
        label, kind = text.split()
        if kind in _INTEGERS:
            step = fixed()
            size = int(kind[1:])
            low = -(1 << size - 1) if kind[0] == "s" else 0
            step.format += _INTEGERS[kind]
            step.slots.append(label)
            step.ranges[label] = (low, low + (1 << size) - 1)
        elif kind == "u96":
            step = fixed()
            step.format += "12s"
            step.slots.append(label)
            step.ranges[label] = (0, -1)
        elif kind[1:].isdigit():  # uN of less than a byte, or reserved
            bits.append(("" if kind[0] == "r" else label, int(kind[1:])))
            total = sum(width for _, width in bits)
            if total % 8 == 0:
                step, shift, split = fixed(), total, []
                for label_, width in bits:
                    shift -= width
                    if label_:
                        split.append((label_, shift, (1 << width) - 1))
                        step.ranges[label_] = (0, (1 << width) - 1)
                step.format += _WORDS[total]
                step.slots.append(tuple(split))
                bits = []
        elif kind == "rest":
            steps.append(Rest(name, label))
        else:
            steps.append(Counted(name, label, kind))
    for step_ in steps:
        if isinstance(step_, Fixed):
            step_.close()
    return Layout(int(number), name, tuple(steps))


def compile_table(text: str) -> tuple[dict[int, Layout], dict[str, Layout]]:
    """The layouts of a table of `tables`, by number and by name."""
    layouts = [_compile(line) for line in text.strip().splitlines()]
    return {layout.number: layout for layout in layouts}, {layout.name: layout for layout in layouts}
