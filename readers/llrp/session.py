"""One LLRP connection, from the client's side: requests and answers, keepalives, silence.

A session is over when `listen` returns or raises; whoever waits for an answer then gets `ReaderUnavailable`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from readers.errors import LlrpError, LlrpRefused, ReaderUnavailable
from readers.llrp.codec import (
    MESSAGE_NUMBERS,
    Framer,
    Limits,
    Message,
    Parameter,
    Value,
    decode,
    encode,
    message_id_of,
    message_number,
)
from readers.llrp.tables import RESPONSES, StatusCode

__all__ = ["Session", "check_status"]

_REPORT = MESSAGE_NUMBERS["RO_ACCESS_REPORT"]
_KEEPALIVE = MESSAGE_NUMBERS["KEEPALIVE"]
_SILENCE = 1.9  # keepalive periods without a word: the connection is dead, noticed within two


def check_status(request: str, answer: Message) -> None:
    """Raise `LlrpRefused` where the LLRPStatus of an answer is not M_Success."""
    status = answer.find("LLRPStatus")
    if status is None:
        raise LlrpError(f"{answer.name} carries no LLRPStatus")
    code = status.number("StatusCode")
    if code != StatusCode.M_Success:
        try:
            name = StatusCode(code).name
        except ValueError:
            name = f"status {code}"
        raise LlrpRefused(request, name, status.text("ErrorDescription"))


class Session:
    """Speaks LLRP over one open stream.

    `on_report(frame)` gets every RO_ACCESS_REPORT, `on_message(message)` every other message nobody asked
    for; `on_heard(is_keepalive)` comes first for each message. KEEPALIVE is acknowledged here.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        on_report: Callable[[bytes], None],
        on_message: Callable[[Message], None],
        on_heard: Callable[[bool], None],
        limits: Limits,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._on_report, self._on_message, self._on_heard = on_report, on_message, on_heard
        self._limits = limits
        self._framer = Framer(limits)
        self._waiting: dict[int, tuple[str, asyncio.Future[Message]]] = {}
        self._next_id = 0
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._ended: BaseException | None = None
        self._silent: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.version = 1

    async def listen(self) -> None:
        """Read until the connection ends.

        Raises `ReaderUnavailable` when the reader closes or falls silent, `LlrpError` for a broken stream,
        `OSError` from the socket.
        """
        try:
            while data := await self._reader.read(1 << 16):
                for frame in self._framer.feed(data):
                    self._heard = self._loop.time()
                    self._dispatch(frame)
        except BaseException as error:
            self._end(error)
            raise
        gone = ReaderUnavailable(
            "the reader closed the connection"
            if self._silent is None
            else f"nothing heard for {self._silent:.1f} s: the connection is taken for dead"
        )
        self._end(gone)
        raise gone

    def watch(self, keepalive: float) -> None:
        """From now on the connection is cut when nothing comes for almost two periods of `keepalive` seconds.

        Only whole messages count, not a trickle of bytes.
        """
        due = self._heard + _SILENCE * keepalive
        now = self._loop.time()
        if now >= due:
            self._silent = now - self._heard
            self._writer.transport.abort()
        elif self._ended is None:
            self._timer = self._loop.call_at(due, self.watch, keepalive)

    def _dispatch(self, frame: bytes) -> None:
        number = message_number(frame)
        if number == _REPORT:
            self._on_heard(False)
            self._on_report(frame)
            return
        if number == _KEEPALIVE:
            self._on_heard(True)
            self.send("KEEPALIVE_ACK", message_id=message_id_of(frame))
            return
        self._on_heard(False)
        message = decode(frame, self._limits)
        expected = self._waiting.get(message.id)
        if expected is not None and message.name in (expected[0], "ERROR_MESSAGE"):
            del self._waiting[message.id]
            if not expected[1].done():
                expected[1].set_result(message)
            return
        self._on_message(message)

    def send(
        self,
        name: str,
        fields: Mapping[str, Value] | None = None,
        parameters: tuple[Parameter, ...] = (),
        *,
        message_id: int | None = None,
    ) -> int:
        """Write a message without waiting; returns its id."""
        if self._ended is not None:
            raise ReaderUnavailable(f"the connection is over: {self._ended}")
        if message_id is None:
            self._next_id = self._next_id % 0xFFFFFFFF + 1
            message_id = self._next_id
        self._writer.write(encode(Message(name, message_id, fields or {}, parameters, self.version)))
        return message_id

    async def request(
        self,
        name: str,
        fields: Mapping[str, Value] | None = None,
        parameters: tuple[Parameter, ...] = (),
        *,
        wait: float,
        checked: bool = True,
    ) -> Message:
        """Send a request and return its answer.

        Raises `LlrpRefused` for an unsuccessful status (`checked`), `ReaderUnavailable` when no answer comes
        within `wait` seconds or the connection ends.
        """
        message_id = self.send(name, fields, parameters)
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._waiting[message_id] = (RESPONSES[name], answer)
        try:
            async with asyncio.timeout(wait):
                message = await answer
        except TimeoutError:
            raise ReaderUnavailable(f"no answer to {name} within {wait:g} s") from None
        finally:
            self._waiting.pop(message_id, None)
        if checked:
            check_status(name, message)
        return message

    def _end(self, error: BaseException) -> None:
        self._ended = error
        if self._timer is not None:
            self._timer.cancel()
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ReaderUnavailable(str(error) or type(error).__name__))
                answer.exception()  # whoever waited may be gone already
        self._waiting.clear()

    async def close(self) -> None:
        """Give the socket back at once; nothing is flushed."""
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
