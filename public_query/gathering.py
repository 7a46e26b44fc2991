"""Gathering evidence without being overrun: few at once, the others wait a little, and answers are kept a while.

An answer is kept for as long as nothing that it rests on can have changed: the service's version, the day at
the site (expiry is judged by it) and the lot that the code states. Since names and signatures of witnesses may
change beside the log, it is also asked anew after a minute. What is kept is bounded in answers and in facts.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, tzinfo

from starlette.concurrency import run_in_threadpool

from foundation.gs1 import Identity
from public_query.evidence import Evidence, ProductEvidence, Versioned
from public_query.moment import day
from public_query.resolver import PublicQueryError
from public_query.subject import public_part, subject_of
from public_query.verdict import Verdict, decide

Answer = tuple[ProductEvidence, Verdict]

MOST_WAITING = 512
"""Requests that wait for their turn; beyond that they are turned away at once."""
MOST_AGE = 60_000_000
"""Microseconds for which an answer is kept at most."""


class BusyError(PublicQueryError):
    """Too many are asking at once; `retry_after` in seconds."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__(f"Too many are asking at once. Try again in {retry_after} s.")
        self.retry_after = retry_after


class Answers:
    """The answers kept: the least recently used go first. All of them are of one version.

    Args:
        most: answers kept.
        most_facts: hops, sales, recalls… that all answers together may hold, since chains differ in length.
    """

    def __init__(self, most: int = 4096, most_facts: int = 65_536) -> None:
        self._most = most
        self._most_facts = most_facts
        self._version: int | None = None
        self._kept: OrderedDict[tuple[str, str | None, date], Answer] = OrderedDict()
        self.facts = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, identity: Identity, version: int, today: date, now: int) -> Answer | None:
        """The answer given before, checked now; None where there is none or it may be out of date."""
        self._turn_to(version)
        key = (identity.uri, identity.lot, today)
        found = self._kept.get(key)
        if found is None:
            return None
        evidence, verdict = found
        if not 0 <= now - evidence.checked_at <= MOST_AGE:
            return None
        self._kept.move_to_end(key)
        return replace(evidence, checked_at=now), verdict

    def put(self, answer: Answer, version: int, today: date) -> None:
        """Keeps an answer that was gathered at this version or a later one; an older one is of no use."""
        if version != self._version:
            return
        identity = answer[0].identity
        key = (identity.uri, identity.lot, today)
        if key in self._kept:
            self.facts -= _facts(self._kept.pop(key)[0])
        self._kept[key] = answer
        self.facts += _facts(answer[0])
        while len(self._kept) > self._most or self.facts > self._most_facts:
            self.facts -= _facts(self._kept.popitem(last=False)[1][0])

    def _turn_to(self, version: int) -> None:
        if version != self._version:
            self._version = version
            self._kept.clear()
            self.facts = 0


class Gathering:
    """Asks the service, for so many at once, and decides.

    Args:
        service: gathers the evidence; where it is `Versioned`, answers are kept.
        zone: the site's time zone.
        clock: the present instant in µs UTC, the same that the service judges by.
        threaded: call the service in a worker thread.
        at_once: calls of the service that run at the same time.
        patience: seconds to wait for one's turn.
    """

    def __init__(
        self,
        service: Evidence,
        *,
        zone: tzinfo,
        clock: Callable[[], int],
        threaded: bool = True,
        at_once: int = 8,
        patience: float = 5.0,
    ) -> None:
        self._service = service
        self._versioned = service if isinstance(service, Versioned) else None
        self._zone = zone
        self._clock = clock
        self._threaded = threaded
        self._turns = asyncio.Semaphore(at_once)
        self._patience = patience
        self._waiting = 0
        self.answers = Answers()

    async def answer(self, identity: Identity) -> Answer:
        """What the public is shown of an identity, and the verdict.

        Raises:
            BusyError: no turn came in time.
        """
        if not subject_of(identity).open:  # nothing is shown, so nothing is asked and nothing can leak
            evidence = ProductEvidence(identity, self._clock())
            return evidence, decide(evidence, self._zone)
        kept = self._known(identity)
        if kept is not None:
            return kept
        async with self._turn():
            kept = self._known(identity)  # another may have asked the same in the meantime
            if kept is not None:
                return kept
            # Read before: an answer that is newer than the version it is kept under does no harm.
            version = None if self._versioned is None else self._versioned.version()
            evidence = public_part(await self._gather(identity))
            found = evidence, decide(evidence, self._zone)
            if version is not None:
                self.answers.put(found, version, day(evidence.checked_at, self._zone))
            return found

    def _known(self, identity: Identity) -> Answer | None:
        if self._versioned is None:
            return None
        now = self._clock()
        return self.answers.get(identity, self._versioned.version(), day(now, self._zone), now)

    async def _gather(self, identity: Identity) -> ProductEvidence:
        if self._threaded:
            return await run_in_threadpool(self._service.evidence, identity)
        return self._service.evidence(identity)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._turns.acquire()
        except TimeoutError:
            raise BusyError from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def _facts(evidence: ProductEvidence) -> int:
    """How much an answer holds, the answer itself counted as one."""
    return 1 + sum(
        len(held)
        for held in (
            evidence.chain,
            evidence.origins,
            evidence.commissionings,
            evidence.recalls,
            evidence.sales,
            evidence.anomalies,
            evidence.disputed,
        )
    )
