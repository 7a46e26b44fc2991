"""A participant of the demo: its token, its captures over HTTP, its readers and stations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from foundation.epcis import iso
from foundation.gs1 import encode_tag
from readers import LlrpSimulator, ReaderService, parse_settings
from suyuan.demo.world import PARTIES, PRODUCTS, SITES

__all__ = ["DemoFault", "Organisation", "StationPlan", "master_data", "tags"]

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
ZONE = "+08:00"


class DemoFault(Exception):
    """A step of the demo did not do what it shows."""


@dataclass(frozen=True, slots=True)
class StationPlan:
    """One antenna of a participant's reader, and what is done there.

    Attributes:
        name: the station's name.
        site: key of `SITES`.
        step: CBV bizStep.
        type: ObjectEvent or AggregationEvent.
        action: ADD, OBSERVE or DELETE.
        disposition: CBV disposition, if one follows.
        parent: scheme of the tag that is the parent, for packing.
    """

    name: str
    site: str
    step: str
    type: str = "ObjectEvent"
    action: str = "OBSERVE"
    disposition: str = ""
    parent: str = ""


@dataclass(slots=True)
class Organisation:
    """A participant at work.

    Attributes:
        key: of `PARTIES`.
        url: of the server.
        token: its bearer token.
        stations: its antennas, numbered from 1.
        folder: for its outbox.
    """

    key: str
    url: str
    token: str
    folder: Path
    stations: Sequence[StationPlan] = ()
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)
    _service: ReaderService | None = None
    _simulator: LlrpSimulator | None = None
    _http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self.token}"}
        self._http = await self._open.enter_async_context(
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60)
        )
        if self.stations:
            await self._start_reader()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _start_reader(self) -> None:
        """A simulated reader on a real TCP port, and the readers' service that connects to it as to any other."""
        simulator = LlrpSimulator(reader_id=self.key, antennas=len(self.stations))
        port = await simulator.start()
        self._open.push_async_callback(simulator.stop)
        token_file = self.folder / f"{self.key}.token"
        token_file.touch(mode=0o600)
        token_file.write_text(self.token)
        settings = parse_settings(self._settings(port, token_file), folder=self.folder)
        service = ReaderService(settings)
        await self._open.enter_async_context(service)
        self._service, self._simulator = service, simulator

    def _settings(self, port: int, token_file: Path) -> str:
        """The same TOML that an installation with real readers writes."""
        lines = [
            "[site]", 'timeZone = "Asia/Shanghai"',
            "[capture]", f'url = "{self.url}"', f'tokenFile = "{token_file}"',
            "[outbox]", f'path = "{self.folder / f"{self.key}-outbox.sqlite"}"',
            "[[reader]]", f'id = "{self.key}"', 'host = "127.0.0.1"', f"port = {port}",
        ]  # fmt: skip
        for antenna, station in enumerate(self.stations, start=1):
            lines += [
                "[[station]]", f'name = "{station.name}"',
                f'reads = [{{ reader = "{self.key}", antennas = [{antenna}] }}]',
                f'type = "{station.type}"', f'action = "{station.action}"', f'bizStep = "{station.step}"',
                f'readPoint = "{SITES[station.site].uri}"', f'bizLocation = "{SITES[station.site].uri}"',
            ]  # fmt: skip
            if station.disposition:
                lines.append(f'disposition = "{station.disposition}"')
            if station.parent:
                lines.append(f'parent = ["{station.parent}"]')
            lines += ["[station.cycle]", "duration = 5.0", "stableSet = 0.12"]
        return "\n".join(lines)

    async def read(
        self,
        station: str,
        items: Iterable[str],
        when: int,
        *,
        ilmd: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Put tagged things in front of a station's antenna, read them, and take them away again."""
        assert self._service is not None
        assert self._simulator is not None
        antenna = 1 + [plan.name for plan in self.stations].index(station)
        runner = self._service.station(station)
        epcs = tags(items)
        self._simulator.present(epcs, antenna=antenna)
        try:
            for _ in range(50):  # the driver has just been started: give it a moment to connect
                if all(driver.health().connected for driver in self._service.drivers.values()):
                    break
                await asyncio.sleep(0.1)
            events = await runner.cycle(event_time=when, ilmd=ilmd, extra=extra)
        finally:
            self._simulator.withdraw(epcs)
        seen = sum(len(event.get("epcList") or event.get("childEPCs") or ()) for event in events)
        parents = sum("parentID" in event for event in events)
        if seen + parents != len(epcs):
            problem = runner.last.problem if runner.last else "nothing was read"
            raise DemoFault(f"{station}: {len(epcs)} tags were there, {seen + parents} were read ({problem})")

    async def sent(self) -> None:
        """Wait until everything that was read is in the log."""
        if self._service is not None:
            await self._service.flush()
            health = self._service.health()
            if health.set_aside:
                raise DemoFault(f"{self.key}: {health.set_aside} events were refused: {health.problems}")

    async def capture(self, *events: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> None:
        """Capture events of this participant's own system, as an EPCIS document over HTTP."""
        assert self._http is not None
        await self.sent()  # what was read before comes before
        document: dict[str, Any] = {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": events[-1]["eventTime"] if events else iso(0),
        }
        if header is not None:
            document["epcisHeader"] = {"epcisMasterData": header}
        document["epcisBody"] = {"eventList": list(events)}
        answered = await self._http.post("/epcis/capture", json=document)
        answered.raise_for_status()
        job = (await self._http.get(answered.headers["location"])).raise_for_status().json()
        if not job["success"]:
            raise DemoFault(f"{self.key}: {job['errors']}")

    async def ask(self, path: str, **params: Any) -> Any:
        """The JSON answer to a GET with this participant's token."""
        assert self._http is not None
        return (await self._http.get(path, params=params)).raise_for_status().json()


def tags(uris: Iterable[str]) -> list[bytes]:
    """The 96-bit EPC binaries of tagged things (all of the demo's company prefixes have 7 digits)."""
    return [encode_tag(uri, company_prefix_length=7) for uri in uris]


def master_data(party: str) -> dict[str, Any]:
    """What a participant publishes of its places and products (CBV 2.0 §9)."""

    def element(uri: str, attributes: Mapping[str, str]) -> dict[str, Any]:
        return {
            "id": uri,
            "attributes": [
                {"id": name if ":" in name else f"cbvmda:{name}", "attribute": value}
                for name, value in attributes.items()
            ],
        }

    places = [
        element(
            site.uri,
            {
                "name": site.name,
                "suyuan:nameZh": site.name_zh,
                "city": site.city,
                "suyuan:cityZh": site.city_zh,
            },
        )
        for site in SITES.values()
        if site.party == party
    ]
    products = [
        element(
            product.uri,
            {
                "descriptionShort": product.name,
                "suyuan:descriptionShortZh": product.name_zh,
                "brandName": product.brand,
                "suyuan:brandNameZh": product.brand_zh,
                "manufacturerOfTradeItemPartyName": PARTIES[party].name,
                **dict(product.attributes),
            },
        )
        for product in PRODUCTS.values()
        if product.party == party
    ]
    vocabularies = [
        {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": places},
        {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": products},
    ]
    return {
        "vocabularyList": [vocabulary for vocabulary in vocabularies if vocabulary["vocabularyElementList"]]
    }
