"""One run of the demo against a running server: parties, tokens, readers, two chains, and the questions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from foundation.access import Role
from labels import Serials
from suyuan.demo.checks import Check, Checks
from suyuan.demo.milk import DAY, HOUR, MILK_STATIONS, Milk, play_milk
from suyuan.demo.organisation import Organisation
from suyuan.demo.vaccine import VACCINE_STATIONS, Vaccine, play_vaccine
from suyuan.demo.world import PARTIES
from suyuan.node import Node
from trace_api.service import now_us

__all__ = ["play"]

BEGIN = 30 * DAY
"""How long before now the first cow is milked."""


async def play(
    node: Node, url: str, *, say: Callable[[str], None], show: Callable[[Check], None]
) -> Sequence[Check]:
    """Play both chains and ask the questions.

    Args:
        node: for what is not done over HTTP: parties, tokens and label serials are records.
        url: of the running server.
        say: told each step as it begins.
        show: told each check as it is done.
    """
    say("parties and their tokens")
    for party in PARTIES.values():
        node.register.add_party(party)
    folder = node.settings.data
    async with _world(node, url, folder) as (world, regulator):
        serials = Serials(node.records)
        begin = (now_us() - BEGIN) // DAY * DAY - 2 * HOUR  # six in the morning, Shanghai time
        say("infant formula: farms → dairy → powder lots → cans → cases → pallets → depot → shop")
        milk: Milk = await play_milk(world, serials, begin)
        say("vaccine: plant → cold-chain depot → hospital pharmacy → ward")
        vaccine: Vaccine = await play_vaccine(world, serials, begin + 10 * DAY)
        say("and now the questions")
        checks = Checks(url, folder, regulator, world, milk, vaccine, node.log.verifier_key())
        done = []
        for ask in checks.all():
            check: Check = await ask()
            show(check)
            done.append(check)
    return done


@asynccontextmanager
async def _world(
    node: Node, url: str, folder: Path
) -> AsyncIterator[tuple[dict[str, Organisation], Organisation]]:
    """Everybody at work: tokens issued, simulated readers listening, drivers connected to them."""
    stations = {**MILK_STATIONS, **VACCINE_STATIONS}
    private = folder / "participants"
    private.mkdir(mode=0o700, exist_ok=True)
    async with AsyncExitStack() as stack:
        world = {}
        for key, party in PARTIES.items():
            token = node.register.issue_token(party.id, party.roles[0], note=f"demo: {party.name}")
            organisation = Organisation(key, url, token, private, stations.get(key, ()))
            world[key] = await stack.enter_async_context(organisation)
        token = node.register.issue_token(None, Role.regulator, note="demo: regulator")
        regulator = await stack.enter_async_context(Organisation("regulator", url, token, private))
        yield world, regulator
