"""Handing events to the capture interface of EPCIS 2.0 over HTTP.

`CaptureClient.send` posts events as one EPCISDocument, follows the capture job, and says of each event
whether it is captured, refused for good, or to be tried again. Events are posted with
`GS1-Capture-Error-Behaviour: proceed`: the good ones are captured although a bad one is among them. Errors
of a job that name an event (`eventID`) are taken at their word, and the others of the batch are sent again;
where no event is named, the batch is halved until the one at fault stands alone. Posting an event twice is
harmless: its id was minted before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import orjson

from foundation.epcis import iso
from readers.backoff import Backoff
from readers.driver import Clock, system_clock
from readers.errors import CaptureError
from readers.outbox import Leased

__all__ = ["CaptureClient", "Sent"]

_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_TOLD = ("type", "title", "detail", "rule", "pointer", "message")  # of a problem or an issue, in this order
_MOST_ANSWER = 1 << 20
# The request itself is right and the events are at fault; everything else 4xx is how the client is set up, or
# passes.
_EVENTS_AT_FAULT = {400, 409, 413, 422}


@dataclass(slots=True)
class Sent:
    """What became of the events of one `send`, by event id."""

    captured: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """With the reason; trying again would not help."""
    again: dict[str, str] = field(default_factory=dict)
    """With the reason; the server was not reached, was busy, or did not finish."""
    retry_after: float | None = None
    """Seconds the server asks to wait."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a batch was not captured whole, where its events are at fault; by event id as far as it is told."""

    reason: str
    events: Mapping[str, str] = field(default_factory=dict)


class CaptureClient:
    """Talks to one capture interface.

    Args: `url` of the service, without `/epcis`; `token` a bearer token; `http` a client to use (its base URL
    is not); `job_wait` seconds to follow a capture job before its events are left for another time.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        http: httpx.AsyncClient | None = None,
        clock: Clock = system_clock,
        job_wait: float = 30.0,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise CaptureError(f"the capture interface needs an http(s) URL, got {url!r}")
        self._capture = url.rstrip("/") + "/epcis/capture"
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = http or httpx.AsyncClient(
            timeout=httpx.Timeout(15.0, connect=5.0), follow_redirects=False
        )
        self._owned = http is None
        self._clock, self._job_wait = clock, job_wait

    async def close(self) -> None:
        """Close the connections of the client made here."""
        if self._owned:
            await self._http.aclose()

    async def send(self, events: Sequence[Leased]) -> Sent:
        """Post events and wait for what becomes of them; never raises for what a server or network does."""
        sent = Sent()
        parts = [list(events)] if events else []
        while parts:
            part = parts.pop()
            if sent.again:  # the server is gone in the middle of it: the rest waits too
                self._again(part, next(iter(sent.again.values())), sent)
                continue
            try:
                fault = await self._post(part, sent)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                self._again(part, f"{type(error).__name__}: {error}", sent)
                continue
            if fault is not None:
                parts += _divide(part, fault, sent)
        return sent

    async def _post(self, events: list[Leased], sent: Sent) -> _Fault | None:
        """Post one document. Returns why it was not captured whole, where its events are at fault."""
        headers = {
            **self._headers,
            "Content-Type": "application/ld+json",
            "Accept": "application/json",
            "GS1-EPCIS-Version": "2.0.0",
            "GS1-CBV-Version": "2.0.0",
            "GS1-Capture-Error-Behaviour": "proceed",
        }
        answer = await self._http.post(self._capture, content=self._document(events), headers=headers)
        if answer.status_code == httpx.codes.ACCEPTED:
            return await self._follow(events, answer, sent)
        reason = _reason(answer)
        if answer.status_code in _EVENTS_AT_FAULT:
            return _Fault(reason)
        sent.retry_after = _retry_after(answer)
        self._again(events, reason, sent)
        return None

    def _document(self, events: Sequence[Leased]) -> bytes:
        head: dict[str, Any] = {
            "@context": [_CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": iso(self._clock()),
        }
        # The events go out as the bytes that were kept.
        body = b",".join(event.event for event in events)
        return orjson.dumps(head)[:-1] + b',"epcisBody":{"eventList":[' + body + b"]}}"

    async def _follow(self, events: list[Leased], accepted: httpx.Response, sent: Sent) -> _Fault | None:
        location = accepted.headers.get("Location")
        if not location:
            self._again(events, "the capture interface answered 202 without a Location", sent)
            return None
        # The token goes to the service it was given for: only the path of the Location is used.
        target = urlsplit(urljoin(self._capture, location))
        job_url = self._origin + target.path + (f"?{target.query}" if target.query else "")
        pause = Backoff(0.02, 1.0)
        waited = 0.0
        while True:
            answer = await self._http.get(job_url, headers={**self._headers, "Accept": "application/json"})
            job = _json_object(answer) if answer.status_code == httpx.codes.OK else None
            if job is None:
                self._again(events, f"the capture job could not be read: {_reason(answer)}", sent)
                return None
            if job.get("running") is False:
                break
            if waited > self._job_wait:
                self._again(events, f"the capture job did not finish within {self._job_wait:g} s", sent)
                return None
            seconds = pause.next()
            waited += seconds
            await asyncio.sleep(seconds)
        if job.get("success") is True:
            sent.captured += [event.event_id for event in events]
            return None
        errors = job.get("errors")
        found = [error for error in errors if isinstance(error, Mapping)] if isinstance(errors, list) else []
        if any(isinstance(status := error.get("status"), int) and status >= 500 for error in found):
            self._again(events, _words(found) or "the capture job failed", sent)
            return None
        by_event: dict[str, list[Mapping[str, Any]]] = {}
        for error in found:
            by_event.setdefault(str(error.get("eventID")), []).append(error)
        return _Fault(
            _words(found) or "the capture job failed without saying why",
            {
                event_id: _words(errors) or "refused without saying why"
                for event_id, errors in by_event.items()
            },
        )

    @staticmethod
    def _again(events: Sequence[Leased], reason: str, sent: Sent) -> None:
        for event in events:
            sent.again[event.event_id] = reason


def _divide(events: list[Leased], fault: _Fault, sent: Sent) -> list[list[Leased]]:
    """What is to be sent again of a batch at fault, those that are refused being noted."""
    if len(events) == 1:
        event_id = events[0].event_id
        sent.refused[event_id] = fault.events.get(event_id, fault.reason)
        return []
    refused = {one.event_id: fault.events[one.event_id] for one in events if one.event_id in fault.events}
    sent.refused |= refused
    # A list of errors may be cut short: that an event is not named in it does not say it is captured.
    rest = [event for event in events if event.event_id not in refused]
    middle = 0 if refused else len(rest) // 2
    return [part for part in (rest[middle:], rest[:middle]) if part]


def _json_object(answer: httpx.Response) -> dict[str, Any] | None:
    if len(answer.content) > _MOST_ANSWER:
        return None
    try:
        value = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _words(problems: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        ": ".join(str(problem[key]) for key in _TOLD if problem.get(key)) for problem in problems[:5]
    )


def _reason(answer: httpx.Response) -> str:
    problem = _json_object(answer)
    return f"HTTP {answer.status_code} {_words([problem]) if problem else answer.reason_phrase}".rstrip()


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else None
