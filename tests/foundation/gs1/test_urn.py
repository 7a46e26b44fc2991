"""EPC URNs: every scheme, patterns, tag URIs, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.gs1 import Gs1Error, Level, parse, to_urn

# The pairs that GS1's reference implementation of the CBV event hash is tested with.
KNOWN = {
    "urn:epc:id:sgtin:4012345.011111.98%22": "01/04012345111118/21/98%22",
    "urn:epc:id:sgtin:415056789012.0.987654": "01/04150567890128/21/987654",
    "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()": (
        "01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29"
    ),
    "urn:epc:id:sscc:4012345.3111111111": "00/340123451111111111",
    "urn:epc:id:sgln:4012345.00005.122": "414/4012345000054/254/122",
    "urn:epc:id:sgln:4012345.00005.0": "414/4012345000054",
    "urn:epc:id:grai:4012345.00022.334455": "8003/04012345000221334455",
    "urn:epc:id:giai:4012345.ABC345": "8004/4012345ABC345",
    "urn:epc:id:gsrn:4012345.0000006765": "8018/401234500000067657",
    "urn:epc:id:gsrnp:4012345.0000000007": "8017/401234500000000074",
    "urn:epc:id:gdti:4012345.00009.PO-4711": "253/4012345000092PO-4711",
    "urn:epc:id:gdti:987659999999..9": "253/98765999999929",
    "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234": ("8010/061414111111111111111-A%23%2F/8011/1234"),
    "urn:epc:id:ginc:0614141.xyz47%2F11": "401/0614141xyz47%2F11",
    "urn:epc:id:gsin:4012345.222333444": "402/40123452223334442",
    "urn:epc:id:itip:4012345.011111.01.02.987": "8006/040123451111180102/21/987",
    "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB": (
        "01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB"
    ),
    "urn:epc:id:pgln:4000001.00000": "417/4000001000005",
    "urn:epc:id:pgln:999999999999.": "417/9999999999994",
    "urn:epc:class:lgtin:4012345.012345.Lot987": "01/04012345123456/10/Lot987",
    "urn:epc:idpat:sgtin:4012345.012345.*": "01/04012345123456",
    "urn:epc:idpat:grai:4012345.99999.*": "8003/04012345999990",
    "urn:epc:idpat:gdti:4012345.11111.*": "253/4012345111118",
    "urn:epc:idpat:sgcn:4012345.22222.*": "255/4012345222227",
    "urn:epc:idpat:cpi:4012345.AB12.*": "8010/4012345AB12",
    "urn:epc:idpat:itip:4012345.012345.01.02.*": "8006/040123451234560102",
}


@pytest.mark.parametrize("urn", KNOWN)
def test_a_urn_has_the_digital_link_of_the_reference(urn: str) -> None:
    identity = parse(urn)
    assert identity.uri == f"https://id.gs1.org/{KNOWN[urn]}"
    assert to_urn(identity) == urn


def test_the_pattern_of_all_upuis_of_a_gtin_is_the_gtin() -> None:
    assert parse("urn:epc:idpat:upui:4012345.012345.*") == parse("urn:epc:idpat:sgtin:4012345.012345.*")


def test_every_key_of_the_document_with_all_keys_goes_to_its_link_and_back(shared: Path) -> None:
    path = shared / "epcis/documents/2.0/EPCIS/JSON/Capture/Documents/epcisDocWithAllGS1Keys.json"
    (event,) = json.loads(path.read_text(encoding="utf-8"))["epcisBody"]["eventList"]
    instances = [epc for epc in event["epcList"] if epc.startswith("urn:")]
    classes = [quantity["epcClass"] for quantity in event["quantityList"]]
    assert (len(instances), len(classes)) == (13, 7)
    for urn in [*instances, *classes, event["readPoint"]["id"]]:
        identity = parse(urn)
        assert identity.uri.startswith("https://id.gs1.org/")
        assert to_urn(identity.uri, company_prefix_length=7) == urn
    assert {parse(urn).level for urn in instances} == {Level.INSTANCE}
    assert {parse(urn).level for urn in classes} == {Level.CLASS, Level.LOT}


@pytest.mark.parametrize(
    "urn",
    [
        "urn:epc:id:gid:95100000.12345.400",
        "urn:epc:id:usdod:2S194.12345678901",
        "urn:epc:id:adi:2S194..12345ABC",
        "urn:epc:id:adi:W81X9C.3KL984PX1.2WMA52",
        "urn:epc:id:adi:35962.PQ7VZ4.%23M37GXB92",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:imovn:9176187",
    ],
)
def test_a_scheme_without_a_digital_link_stays_a_urn(urn: str) -> None:
    identity = parse(urn)
    assert (identity.uri, identity.level, identity.elements) == (urn, Level.INSTANCE, ())
    assert to_urn(identity) == urn


@pytest.mark.parametrize(
    "urn",
    [
        "urn:epc:idpat:sgtin:4012345.*.*",
        "urn:epc:idpat:sgtin:*.*.*",
        "urn:epc:idpat:sgtin:4012345.012345.7%2F8",
        "urn:epc:idpat:sscc:4012345.*",
        "urn:epc:idpat:giai:4012345.*",
        "urn:epc:idpat:sgln:4012345.00005.*",
        "urn:epc:idpat:itip:4012345.012345.01.*.*",
        "urn:epc:idpat:gid:95100000.*.*",
    ],
)
def test_any_other_pattern_stays_a_pattern_and_is_a_class(urn: str) -> None:
    identity = parse(urn)
    assert (identity.uri, identity.level) == (urn, Level.CLASS)
    assert to_urn(identity) == urn


def test_escapes_in_a_urn_may_be_in_lower_case() -> None:
    assert (
        parse("urn:epc:id:sgtin:0614141.812345.a%2fb").uri == "https://id.gs1.org/01/80614141123458/21/a%2Fb"
    )
    assert parse(
        "urn:epc:id:adi:35962.PQ7%2fVZ4.%23m37".upper().replace("URN:EPC:ID:ADI", "urn:epc:id:adi")
    ).uri == ("urn:epc:id:adi:35962.PQ7%2FVZ4.%23M37")


def test_the_words_urn_and_epc_are_read_in_any_case() -> None:
    assert parse("URN:EPC:id:sscc:4012345.3111111111") == parse("urn:epc:id:sscc:4012345.3111111111")


def test_a_serial_may_hold_dots_and_an_asterisk() -> None:
    assert parse("urn:epc:id:sgtin:4012345.011111.1.2.*").serial == "1.2.*"


@pytest.mark.parametrize(
    ("tag", "pure"),
    [
        ("sgtin-96:3.0614141.812345.6789", "sgtin:0614141.812345.6789"),
        ("sgtin-198:3.0614141.812345.6789%2F", "sgtin:0614141.812345.6789%2F"),
        ("sgln-195:0.4012345.00005.0", "sgln:4012345.00005.0"),
        ("cpi-var:0.0614141.AB.1234", "cpi:0614141.AB.1234"),
        ("gid-96:95100000.12345.400", "gid:95100000.12345.400"),
        ("usdod-96:15.2S194.1", "usdod:2S194.1"),
    ],
)
def test_a_tag_uri_names_what_its_pure_identity_names(tag: str, pure: str) -> None:
    assert parse(f"urn:epc:tag:{tag}") == parse(f"urn:epc:id:{pure}")


def test_raw_and_filter_uris_are_kept_as_they_are() -> None:
    for urn in ("urn:epc:raw:96.x3034257BF7194E4000001A85", "urn:epc:pat:sgtin-96:3.0614141.*.*"):
        assert (parse(urn).uri, parse(urn).scheme) == (urn, "opaque")


@pytest.mark.parametrize(
    ("urn", "says"),
    [
        ("urn:epc:id:sgtin:4012345.01111.1", "reference of 6 digits"),
        ("urn:epc:id:sgtin:40123.01111111.1", "company prefix has 6 to 12 digits"),
        ("urn:epc:id:sgtin:4012345678901..1", "company prefix has 6 to 12 digits"),
        ("urn:epc:id:sgtin:4012345.O11111.1", "reference of 6 digits"),
        ("urn:epc:id:sgtin:4012345.011111", "found 2 of 3"),
        ("urn:epc:id:sgtin:4012345.011111.", "(21)"),
        ("urn:epc:id:sgtin:4012345.011111." + "1" * 21, "has 21 characters"),
        ("urn:epc:id:sgtin:4012345.011111.a/b", "'/' cannot stand"),
        ("urn:epc:id:sgtin:4012345.011111.a b", "' ' cannot stand"),
        ("urn:epc:id:sgtin:4012345.011111.a%2", "'%' cannot stand"),
        ("urn:epc:id:sgtin:4012345.011111.a%24", "'$' at place 2"),
        ("urn:epc:id:sgtin:4012345.011111.价", "'价' cannot stand"),
        ("urn:epc:id:sgtin:４012345.011111.1", "cannot stand"),
        ("urn:epc:id:sscc:4012345.311111111", "reference of 10 digits"),
        ("urn:epc:id:sgln:4012345.00005.", "(254)"),
        ("urn:epc:id:sgln:4012345.00005", "found 2 of 3"),
        ("urn:epc:id:grai:4012345.00022.", "serial is empty"),
        ("urn:epc:id:grai:4012345.00022." + "1" * 17, "31 characters"),
        ("urn:epc:id:sgcn:4012345.22222.A", "not among digits"),
        ("urn:epc:id:giai:4012345.", "a reference are needed"),
        ("urn:epc:id:giai:4012345." + "A" * 24, "31 characters"),
        ("urn:epc:id:cpi:4012345.abc.1", "character set 39"),
        ("urn:epc:id:cpi:4012345.ABC.01", "must not begin with 0"),
        ("urn:epc:id:itip:4012345.012345.1.2.1", "piece has two digits"),
        ("urn:epc:id:itip:4012345.012345.03.02.1", "piece number"),
        ("urn:epc:id:gid:1.2", "found 2 of 3"),
        ("urn:epc:id:gid:268435456.1.1", "below 2^28"),
        ("urn:epc:id:gid:01.1.1", "without leading zero"),
        ("urn:epc:id:usdod:2SI94.1", "CAGE"),
        ("urn:epc:id:adi:2S194..%23A", "unique within a part number"),
        ("urn:epc:id:adi:2S194.a.1", "part number"),
        ("urn:epc:id:bic:CSQU3054384", "check digit of this container code must be 3"),
        ("urn:epc:id:bic:CSQX3054383", "3 letters"),
        ("urn:epc:id:imovn:9176188", "check digit of this vessel number must be 7"),
        ("urn:epc:id:imovn:917618", "7 digits"),
        ("urn:epc:id:wine:1.2.3", "'wine' is not an EPC scheme"),
        ("urn:epc:idpat:wine:1.2.3", "'wine' is not an EPC scheme"),
        ("urn:epc:idpat:sgtin:4012345.*.1", "behind a '*'"),
        ("urn:epc:idpat:sgtin:401.*.*", "company prefix"),
        ("urn:epc:class:sgtin:4012345.011111.1", "must be lgtin"),
        ("urn:epc:tag:sgtin-64:3.0614141.812345.6789", "not a tag encoding"),
        ("urn:epc:tag:sgtin-96:8.0614141.812345.6789", "filter value 0 to 7"),
        ("urn:epc:id:SGTIN:4012345.011111.1", "in lower case"),
        ("urn:epc:foo:sgtin:1", "kind"),
        ("urn:epc:", "KIND"),
        ("urn:epc:id:sgtin:4012345.011111." + "1" * 5000, "at most 4096"),
    ],
)
def test_a_malformed_urn_is_refused_with_the_rule_it_breaks(urn: str, says: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        parse(urn)
    assert says in caught.value.rule
    assert caught.value.text == urn
