"""What the demo shows at its end: each a question a user asks, put over HTTP, with the answer checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from labels import A4_3X8, Label, LabelError, Printed, Symbol, sheet
from ledger import FileStorage, LedgerError, ProofError, create_key, fsck, verifier_key, verify_bundle
from suyuan.demo.milk import BAD_MILK, HOUR, Milk, at_site, stamp
from suyuan.demo.organisation import Organisation
from suyuan.demo.vaccine import Vaccine
from suyuan.demo.world import PRODUCTS, SITES
from trace_api.service import now_us

__all__ = ["Check", "Checks"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing shown: what was asked, what came out, and whether it is what it must be."""

    title: str
    held: bool
    lines: tuple[str, ...]


@dataclass(slots=True)
class Checks:
    """The questions, asked of the running server.

    Attributes:
        url: of the server.
        folder: data folder, where the sheet of labels and the proof are put.
        regulator: a caller who sees everything.
        world: the participants.
        trusted: the log's verifier key, as a member has it pinned.
    """

    url: str
    folder: Path
    regulator: Organisation
    world: Mapping[str, Organisation]
    milk: Milk
    vaccine: Vaccine
    trusted: str

    async def back_to_the_farms(self) -> Check:
        """One can, back to the farms whose milk is in it."""
        can = self.milk.cans["F2602"][5]
        trace = await self.regulator.ask("/trace/back", id=can)
        found = {node["uri"] for node in trace["nodes"]}
        milk = {PRODUCTS[f"milk-{farm}"].lot(lot) for farm, lot in FARM_LOTS.items()}
        place = {event["bizLocation"] for event in trace["events"]}
        farms = {SITES[farm].uri for farm in FARM_LOTS}
        siblings = {node for node in found if "/21/" in node} - {can}
        held = milk <= found and farms <= place and not siblings
        return Check(
            f"Where does can {serial(can)} come from?",
            held,
            (
                f"{len(trace['events'])} events, {len(found)} objects, no other can among them",
                *(f"milk of {SITES[farm].name}, lot {lot}" for farm, lot in FARM_LOTS.items()),
            ),
        )

    async def forward_from_bad_milk(self) -> Check:
        """The lot of bad raw milk, forward to every can and where it is now."""
        trace = await self.regulator.ask("/trace/forward", id=BAD_MILK)
        cans = {
            node["uri"] for node in trace["nodes"] if node["uri"].startswith(PRODUCTS["formula"].uri + "/21/")
        }
        places: dict[str, int] = {}
        for state in await self._states(sorted(cans)):
            place = (state["lastKnown"] or {}).get("bizLocation") or "unknown"
            places[place] = places.get(place, 0) + 1
        named = {site.uri: site.name for site in SITES.values()}
        held = cans == self.milk.affected and sum(places.values()) == len(cans) and "unknown" not in places
        return Check(
            f"Where did the bad milk of {SITES['plateau'].name} go?",
            held,
            (
                f"{len(cans)} of {sum(map(len, self.milk.cans.values()))} cans may hold it",
                *(
                    f"{count} last seen at {named.get(place, place)}"
                    for place, count in sorted(places.items())
                ),
            ),
        )

    async def genuine(self) -> Check:
        """A stranger scans a can of a good lot in the shop."""
        can = self.milk.cans["F2601"][7]
        page = await self._public(can)
        return Check(
            f"Is can {serial(can)} genuine?",
            page["verdict"]["outcome"] == "genuine",
            (page["verdict"]["heading"]["en"], page["verdict"]["heading"]["zh"], self.page(can)),
        )

    async def proof(self) -> Check:
        """The proof behind the page verifies offline with the pinned key, reveals no sibling; a forger's does not."""
        can = self.milk.cans["F2601"][7]
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as public:
            bundle = (await public.get("/verify/proof", params={"id": can})).raise_for_status().content
        (self.folder / "proof.json").write_bytes(bundle)
        verified = verify_bundle(bundle, [self.trusted])
        others = [other for other in self.milk.cans["F2601"] if other != can]
        reveals = [other for other in others if f'/21/{serial(other)}"'.encode() in bundle]
        forger = verifier_key(create_key(_fresh(self.folder / "forger.key")), verified.origin)
        return Check(
            "Can anyone prove it without trusting this server?",
            any(can in value for _, value in verified.pairs)
            and not reveals
            and not _verifies(bundle, forger),
            (
                verified.words,
                f"{len(bundle)} bytes reveal {len(verified.pairs)} of {verified.pair_count} values and no other can",
                "the same bundle under a forger's key: refused",
                f"suyuan verify {self.folder / 'proof.json'} --trust {self.folder / 'log.pub'}",
            ),
        )

    async def recall(self) -> Check:
        """The dairy recalls the two lots; the public page says so at once."""
        lots = [PRODUCTS["formula"].lot(lot) for lot in ("F2602", "F2603")]
        await self.world["dairy"].capture(
            {
                "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "disposition": "recalled",
                "persistentDisposition": {"set": ["recalled"]},
                "quantityList": [{"epcClass": lot} for lot in lots],
            }
            | stamp(now_us() - HOUR) | at_site("dryer")
        )  # fmt: skip
        can = self.milk.cans["F2603"][0]
        bad, good = await self._public(can), await self._public(self.milk.cans["F2601"][7])
        outcomes = bad["verdict"]["outcome"], good["verdict"]["outcome"]
        return Check(
            "The lots are recalled: what does the page say now?",
            outcomes == ("recalled", "genuine"),
            (f"can of F2603: {outcomes[0]}, can of F2601: {outcomes[1]}", self.page(can)),
        )

    async def forged_number(self) -> Check:
        """A number that nobody ever gave is unknown, never genuine."""
        page = await self._public(PRODUCTS["formula"].item(99_999_999))
        sold = await self._public(self.milk.sold)
        dispensed = await self._public(self.vaccine.dispensed)
        outcomes = [one["verdict"]["outcome"] for one in (page, sold, dispensed)]
        return Check(
            "And a copied or invented number?",
            outcomes == ["unknown", "sold", "sold"],
            (f"invented serial: {outcomes[0]}; sold can: {outcomes[1]}; dispensed vial: {outcomes[2]}",),
        )

    async def stock(self) -> Check:
        """What the projection of the log says is on the shelves."""
        formula, vaccine = PRODUCTS["formula"].gtin, PRODUCTS["vaccine"].gtin
        wanted = {
            ("shop", formula): 71,  # pallet 1 is 72 cans, one is sold
            ("depot", formula): 72,
            ("cold-depot", vaccine): 10,
            ("pharmacy", vaccine): 16,  # two cartons, four vials to the ward
            ("ward", vaccine): 3,  # one was given
        }
        lines, held = [], True
        for (site, gtin), expected in wanted.items():
            answer = await self.regulator.ask("/stock", site=SITES[site].uri, gtin=gtin)
            found = sum(float(level["quantity"]) for level in answer["levels"])
            held = held and found == expected
            lines.append(f"{SITES[site].name}: {found:g} pieces")
        return Check("What is on the shelves?", held, tuple(lines))

    async def labels(self) -> Check:
        """A sheet of labels, each with the QR code that leads to its page."""
        product = PRODUCTS["formula"]
        target = self.folder / "labels.pdf"

        def print_with(title: str) -> Printed:
            lines = (product.name, "Lot F2601")
            labels = (
                Label(Symbol.QR, self.page(can), title, (*lines, f"S/N {serial(can)}"))
                for can in self.milk.cans["F2601"][:24]
            )
            with target.open("wb") as out:
                return sheet(labels, A4_3X8, out, title="Suyuan demo labels")

        try:
            printed = print_with(product.name_zh)
        except LabelError:  # no Chinese font on this machine: docs/operations.md says which to install
            printed = print_with(product.name)
        return Check(
            "A sheet of labels",
            printed.labels == 24 and target.read_bytes().startswith(b"%PDF"),
            (f"{printed.labels} labels on {printed.pages} page: {target}",),
        )

    async def log(self) -> Check:
        """The whole log, checked from outside with nothing but its public key."""
        report = fsck(FileStorage(self.folder / "log"), self.trusted)
        return Check(
            "Is the log whole?",
            report.sound,
            (f"{report.size} entries checked against the signed checkpoint",),
        )

    def page(self, uri: str) -> str:
        """The address of the public page behind a code."""
        return self.url + urlsplit(uri).path

    def all(self) -> list[Callable[[], Any]]:
        """In the order in which they are shown."""
        return [
            self.back_to_the_farms,
            self.forward_from_bad_milk,
            self.genuine,
            self.proof,
            self.recall,
            self.forged_number,
            self.stock,
            self.labels,
            self.log,
        ]

    async def _states(self, uris: list[str]) -> list[Any]:
        states: list[Any] = []
        for start in range(0, len(uris), 50):
            states += (await self.regulator.ask("/trace/state", id=uris[start : start + 50]))["states"]
        return states

    async def _public(self, uri: str) -> Any:
        async with httpx.AsyncClient(timeout=30) as public:
            answered = await public.get(self.page(uri), headers={"Accept": "application/json"})
        return orjson.loads(answered.raise_for_status().content)


FARM_LOTS = {"dawn": "D-0412", "green": "G-0412", "plateau": "P-0412"}


def serial(uri: str) -> str:
    """The serial number at the end of a Digital Link."""
    return uri.rpartition("/")[2]


def _fresh(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def _verifies(bundle: bytes, key: str) -> bool:
    try:
        verify_bundle(bundle, [key])
    except (ProofError, LedgerError):
        return False
    return True
