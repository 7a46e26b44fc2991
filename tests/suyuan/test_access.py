"""Who may call what: every route of the application, and what a trace tells of events one may not see."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests.suyuan.conftest import PARTIES, World
from tests.suyuan.documents import (
    GTIN,
    LINE,
    at,
    bare,
    commissioned,
    document,
    event,
    master_data,
    of_lot,
    packed,
)

# Open to everyone: the log's tiles hold no business data, and the public's pages are made for the public.
OPEN = (
    "/log/checkpoint", "/log/tile/{address:path}", "/log/consistency", "/healthz", "/verify", "/verify/proof",
    "/verify/{key:gs1_key}", "/verify/{key:gs1_key}/{rest:path}", "/{key:gs1_key}",
    "/{key:gs1_key}/{rest:path}", "/", "/scan", "/.well-known/gs1resolver",
    "/.well-known/linkset-context.jsonld", "/openapi.json", "/metrics",
)  # fmt: skip
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
FILLED = {
    "{capture_id}": "x", "{event_id:path}": "urn:uuid:1", "{position}": "0", "{address:path}": "0/000",
}  # fmt: skip
ANSWERS_TO = {"id": "(01)09521001000116(21)1"}


def routes(world: World) -> list[tuple[str, str]]:
    """(method, path template) of all that the application answers."""

    def walk(entries: Any, prefix: str = "") -> list[tuple[str, str]]:
        found = []
        for entry in entries:
            inner = getattr(entry, "original_router", None) or getattr(entry, "app", None)
            if isinstance(entry, APIRoute) or (hasattr(entry, "methods") and hasattr(entry, "path")):
                found += [(method, prefix + entry.path) for method in entry.methods or ()]
            elif inner is not None and hasattr(inner, "routes"):
                found += walk(inner.routes, prefix + getattr(entry, "path", ""))
        return found

    return walk(world.client.app.routes)


def address(template: str) -> str:
    for name, value in FILLED.items():
        template = template.replace(name, value)
    assert "{" not in template, f"tell this test how {template} is filled"
    return template


def test_the_sweep_sees_every_route_that_the_interface_description_names(world: World) -> None:
    seen = {(method, path.replace(":path", "")) for method, path in routes(world)}
    described = {
        (method.upper(), path)
        for path, operations in world.client.app.openapi()["paths"].items()
        for method in operations
    }
    assert described <= seen
    assert len(described) >= 15


def test_every_route_that_writes_asks_for_a_token_and_refuses_an_auditor(world: World) -> None:
    writing = [(method, path) for method, path in routes(world) if method in WRITING]
    assert {path for _, path in writing} >= {"/epcis/capture", "/epcis/events"}
    body = document(commissioned())
    for method, path in writing:
        for headers in ({}, {"Authorization": "Bearer sy_" + 43 * "A"}, {"Authorization": "Basic eDp5"}):
            sent = {"Content-Type": "application/json", **headers}
            answer = world.client.request(method, address(path), content=body, headers=sent)
            assert answer.status_code == 401, (method, path)
            assert "Bearer" in answer.headers["www-authenticate"]
        for who in ("auditor", "regulator"):
            sent = {"Content-Type": "application/json", **world.as_(who)}
            answer = world.client.request(method, address(path), content=body, headers=sent)
            assert answer.status_code == 403, (method, path, who)
    assert world.node.log.size == 0


def test_every_route_that_reads_business_data_asks_for_a_token(world: World) -> None:
    world.capture("dairy", commissioned())
    guarded = [(method, path) for method, path in routes(world) if method == "GET" and path not in OPEN]
    guarded = [(method, path) for method, path in guarded if not path.startswith("/static")]
    assert {path for _, path in guarded} >= {
        "/epcis/events", "/epcis/events/{event_id:path}", "/epcis/capture/{capture_id}", "/trace/back",
        "/trace/forward", "/trace/history", "/trace/state", "/stock", "/log/proof/{position}",
        "/log/body/{position}",
    }  # fmt: skip
    for method, path in guarded:
        for headers in ({}, {"Authorization": "Bearer sy_" + 43 * "A"}):
            answer = world.client.request(method, address(path), params=ANSWERS_TO, headers=headers)
            assert answer.status_code == 401, (path, answer.status_code)
            assert "9521001" not in answer.text


def test_a_revoked_and_an_expired_token_are_refused(world: World) -> None:
    (token,) = world.node.register.tokens(PARTIES["shop"].id)
    assert world.get("shop", "/stock").status_code == 200
    world.node.register.revoke(token.id)
    assert world.get("shop", "/stock").status_code == 401


def test_public_routes_tell_nothing_of_stock_amounts_and_documents(world: World) -> None:
    order = "urn:epcglobal:cbv:bt:9521003000008:SECRET-ORDER"
    secret = {"bizTransactionList": [{"type": "po", "bizTransaction": order}]}
    world.capture("dairy", commissioned(), of_lot(1, action="ADD", bizStep="creating_class_instance"))
    world.capture(
        "dairy",
        event(
            2,
            epcList=None,
            quantityList=[{"epcClass": f"{GTIN}/10/L1", "quantity": 31337, "uom": "KGM"}],
            **secret,
        ),
    )
    size = world.node.log.size
    addresses = [
        "/", "/scan", "/healthz", "/metrics", "/openapi.json", "/log/checkpoint", f"/log/tile/0/000.p/{size}",
        f"/log/tile/entries/000.p/{size}", "/log/consistency?old=1", "/.well-known/gs1resolver",
    ]  # fmt: skip
    for named in (GTIN, f"{GTIN}/21/1", f"{GTIN}/10/L1", LINE, PARTIES["dairy"].id):
        path = named.removeprefix("https://id.gs1.org")
        addresses += [path, f"/verify{path}", f"{path}?linkType=all", f"/verify/proof?id={named}"]
    for where in addresses:
        for accept in ("application/json", "text/html", "application/linkset+json"):
            answer = world.client.get(where, headers={"Accept": accept}, follow_redirects=True)
            assert answer.status_code in (200, 404, 406), (where, answer.status_code)
            assert b"SECRET" not in answer.content, where
            assert b"31337" not in answer.content, where


def test_a_party_sees_its_own_stock_only(world: World) -> None:
    here = "https://id.gs1.org/414/9521002000016"
    world.capture("dairy", commissioned())
    world.capture(
        "depot", event(5, f"{GTIN}/21/2", bizStep="receiving", bizLocation={"id": here}, readPoint=None)
    )
    for _ in range(100):
        if world.get("regulator", "/stock").json()["position"] == world.node.log.size:
            break
    assert len(world.get("regulator", "/stock").json()["levels"]) == 2
    assert [level["site"] for level in world.get("dairy", "/stock").json()["levels"]] == [LINE]
    assert [level["site"] for level in world.get("depot", "/stock").json()["levels"]] == [here]
    assert world.get("shop", "/stock").json()["levels"] == []
    assert world.get("shop", "/stock", site=LINE).json()["levels"] == []


# -- hidden hops -------------------------------------------------------------------------------------

MILK = "https://id.gs1.org/01/09521101000016/10/SECRETMILK"
POWDER = "https://id.gs1.org/01/09521001000109/10/POWDER"
VAT = "https://id.gs1.org/414/9521002000023"
DOCK = "https://id.gs1.org/414/9521002000016"
PALLET = "https://id.gs1.org/00/195210020000000013"
CASE = "https://id.gs1.org/00/195210010000000014"
CAN = f"{GTIN}/21/1001"
SIBLING = f"{GTIN}/21/70707"
SECRET_TIMES = {
    13: "2026-05-01T21:00",
    14: "2026-05-01T22:00",
    16: "2026-05-02T00:00",
    30: "2026-05-02T14:00",
}


def chain(world: World) -> None:
    """The shop sees the last hop and the farm the first; what lies between is the dairy's and the depot's."""
    hidden = {"readPoint": {"id": VAT}, "bizLocation": {"id": VAT}}
    docked = {"readPoint": {"id": DOCK}, "bizLocation": {"id": DOCK}}
    world.capture("farm", of_lot(0, MILK, action="ADD", bizStep="creating_class_instance"))
    world.capture(
        "dairy",
        event(
            13, epcList=None, action=None, type="TransformationEvent", bizStep="commissioning",
            inputQuantityList=[{"epcClass": MILK, "quantity": 5, "uom": "KGM"}],
            outputQuantityList=[{"epcClass": POWDER, "quantity": 4, "uom": "KGM"}], **hidden,
        ),
        event(
            14, epcList=None, action=None, type="TransformationEvent", bizStep="commissioning",
            inputQuantityList=[{"epcClass": POWDER, "quantity": 4, "uom": "KGM"}],
            outputEPCList=[CAN, SIBLING], **hidden,
        ),
        packed(16, CASE, CAN, SIBLING, **hidden),
    )  # fmt: skip
    world.capture("depot", packed(30, PALLET, CASE, **docked))
    handed = {
        "sourceList": [{"type": "possessing_party", "source": PARTIES["depot"].id}],
        "destinationList": [{"type": "possessing_party", "destination": PARTIES["shop"].id}],
    }
    world.capture("depot", event(40, PALLET, bizStep="shipping", bizLocation=None, readPoint=None, **handed))
    till = "https://id.gs1.org/414/9521003000015"
    world.capture(
        "shop", event(60, CAN, bizStep="receiving", bizLocation={"id": till}, readPoint={"id": till})
    )


@pytest.fixture(scope="module")
def chained(shared_world: World) -> World:
    chain(shared_world)
    return shared_world


ONLY_HIDDEN_FROM_SHOP = ("SECRETMILK", "POWDER", "70707", "9521002000023", "9521002000016", CASE)


@pytest.mark.parametrize("path", ["back", "forward", "history", "state"])
@pytest.mark.parametrize("root", [CAN, PALLET])
def test_a_trace_through_others_events_leaks_none_of_their_names_places_and_times(
    chained: World, path: str, root: str
) -> None:
    everything = chained.get("regulator", f"/trace/{path}", id=root)
    assert everything.status_code == 200
    answer = chained.get("shop", f"/trace/{path}", id=root)
    assert answer.status_code == 200, answer.text
    for secret in ONLY_HIDDEN_FROM_SHOP:
        assert secret not in answer.text, secret
    for moment in SECRET_TIMES.values():
        assert moment not in answer.text, moment
    assert PARTIES["dairy"].id not in answer.text
    assert set(positions_in(answer.json())) <= {5, 6}


def test_hidden_hops_are_shown_as_hidden_and_hold_the_chain_together(chained: World) -> None:
    whole = chained.get("regulator", "/trace/back", id=CAN).json()
    seen = chained.get("shop", "/trace/back", id=CAN).json()
    assert len(seen["nodes"]) == len(whole["nodes"])
    assert len(seen["edges"]) == len(whole["edges"])
    assert [one["depth"] for one in seen["nodes"]] == [one["depth"] for one in whole["nodes"]]
    hidden = {one["uri"] for one in seen["nodes"] if one.get("hidden")}
    assert len(hidden) == sum(one["uri"] in (MILK, POWDER, CASE) for one in whole["nodes"])
    joined = {uri for edge in seen["edges"] for uri in (*edge["from"], *edge["to"])}
    assert hidden <= joined


def test_the_farm_learns_that_its_milk_went_on_but_not_to_whom(chained: World) -> None:
    seen = chained.get("farm", "/trace/forward", id=MILK)
    assert seen.status_code == 200
    assert sum(bool(node.get("hidden")) for node in seen.json()["nodes"]) >= 3
    for secret in ("POWDER", "70707", "/21/1001", "9521003", "9521002", PARTIES["dairy"].id):
        assert secret not in seen.text, secret
    for moment in (*SECRET_TIMES.values(), at(40)[:16], at(60)[:16]):
        assert moment not in seen.text
    assert set(positions_in(seen.json())) == {0}


def test_what_one_may_not_see_cannot_be_told_from_what_is_not_there(chained: World) -> None:
    for path in ("/trace/back", "/trace/history"):
        there = chained.get("shop", path, id=POWDER)
        nowhere = chained.get("shop", path, id="https://id.gs1.org/01/09521001000109/10/NOWHERE")
        assert there.status_code == nowhere.status_code == 404
        assert there.json() == nowhere.json()
    for path in ("/log/body/1", "/log/proof/1"):
        there, nowhere = chained.get("shop", path), chained.get("shop", path.replace("1", "99"))
        assert there.status_code == nowhere.status_code == 404
        assert there.text.replace("1", "") == nowhere.text.replace("99", "")


def test_events_and_their_counts_are_filtered_before_paging(chained: World) -> None:
    found = chained.get("shop", "/epcis/events", perPage=1)
    assert b"SECRETMILK" not in found.content
    pages = 0
    seen: list[Any] = []
    link = found
    while True:
        seen += link.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        pages += 1
        following = link.links.get("next")
        if following is None:
            break
        link = chained.client.get(following["url"], headers=chained.as_("shop"))
    assert pages == len(seen) == 2
    assert chained.get("shop", "/epcis/events", maxEventCount=2).status_code == 200


def positions_in(value: Any) -> list[int]:
    """Every log position that a JSON answer names."""
    if isinstance(value, dict):
        own = [value["position"]] if isinstance(value.get("position"), int) else []
        listed = [p for p in value.get("positions", ()) if isinstance(p, int)]
        return own + listed + [p for member in value.values() for p in positions_in(member)]
    if isinstance(value, list):
        return [position for member in value for position in positions_in(member)]
    return []


def test_a_body_and_a_proof_are_given_to_those_who_may_see_the_event(world: World) -> None:
    world.capture("dairy", commissioned(), **master_data(p={"id": GTIN, "descriptionShort": "Formula"}))
    assert world.get("dairy", "/log/body/1").status_code == 200
    assert world.get("dairy", "/log/proof/1", epc=f"{GTIN}/21/1").status_code == 200
    assert world.get("auditor", "/log/proof/1").status_code == 200
    assert world.get("shop", "/log/proof/1").status_code == 404


def test_a_party_cannot_read_the_capture_job_of_another(world: World) -> None:
    sent = {"Content-Type": "application/json", **world.as_("dairy")}
    answer = world.client.post("/epcis/capture", content=document(commissioned()), headers=sent)
    job = answer.headers["location"]
    assert world.get("dairy", job).json()["success"] is True
    assert world.get("regulator", job).status_code == 200
    assert world.get("shop", job).status_code == 404


def test_that_another_party_uses_an_event_id_already_is_not_told(world: World) -> None:
    name = "urn:uuid:00000000-0000-0000-0000-0000000000aa"
    world.capture("dairy", {**commissioned(0, f"{GTIN}/21/70707"), "eventID": name})
    sent = {"Content-Type": "application/json", **world.as_("shop")}
    answer = world.client.post("/epcis/events", content=bare({**event(3), "eventID": name}), headers=sent)
    assert answer.status_code == 201  # a statement is its party's own word: it is kept beside the other's
    assert "70707" not in answer.text
    assert "9521001000000" not in answer.text
