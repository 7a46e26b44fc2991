"""Digital Links: on any host, with what belongs to GS1 and what does not."""

from __future__ import annotations

import pytest

from foundation.gs1 import (
    Gs1Error,
    Level,
    link_of_elements,
    parse,
    read_digital_link,
    to_digital_link,
)

SGTIN = "https://id.gs1.org/01/09506000134352/21/12345"


@pytest.mark.parametrize(
    "link",
    [
        "https://id.gs1.org/01/09506000134352/21/12345",
        "http://id.gs1.org/01/09506000134352/21/12345",
        "HTTPS://ID.GS1.ORG/01/09506000134352/21/12345",
        "https://brand.example/01/09506000134352/21/12345",
        "https://brand.example:8443/01/09506000134352/21/12345",
        "https://[2001:db8::1]/01/09506000134352/21/12345",
        "https://溯源.example/01/09506000134352/21/12345",
        "https://brand.example/some/stem/01/09506000134352/21/12345",
        "https://brand.example/stem/01/09506000134352/21/12345",
        "https://brand.example/01/9506000134352/21/12345",
        "https://brand.example/01/09506000134352/10/L1/21/12345",
        "https://brand.example/01/09506000134352/22/A/10/L1/21/12345",
        "https://brand.example/01/09506000134352/21/12345/",
        "https://brand.example/01/09506000134352/21/12345?17=220630",
        "https://brand.example/01/09506000134352/21/12345?linkType=gs1:pip&17=220630#top",
        "https://brand.example/01/09506000134352/21/%312345",
        "https://brand.example/01/00/01/09506000134352/21/12345",
    ],
)
def test_every_writing_of_a_link_is_the_same_item(link: str) -> None:
    assert parse(link).uri == SGTIN


def test_a_lot_beside_the_serial_is_kept_apart() -> None:
    identity = parse("https://brand.example/01/9506000134352/10/L%2f1/21/7")
    assert identity.uri == "https://id.gs1.org/01/09506000134352/21/7"
    assert identity.lot == "https://id.gs1.org/01/09506000134352/10/L%2F1"
    assert parse(identity.lot).level is Level.LOT


def test_a_gtin_of_8_and_12_digits_is_widened() -> None:
    assert parse("https://a.example/01/96385074").uri == "https://id.gs1.org/01/00000096385074"
    assert parse("https://a.example/01/614141123452").uri == "https://id.gs1.org/01/00614141123452"


@pytest.mark.parametrize(
    ("path", "level", "scheme"),
    [
        ("01/09506000134352", Level.CLASS, "gtin"),
        ("01/09506000134352/10/L1", Level.LOT, "lgtin"),
        ("01/09506000134352/21/1", Level.INSTANCE, "sgtin"),
        ("01/09506000134352/235/1", Level.INSTANCE, "upui"),
        ("00/095201234567891235", Level.INSTANCE, "sscc"),
        ("8003/09521141123454", Level.CLASS, "grai"),
        ("8003/095211411234545678", Level.INSTANCE, "grai"),
        ("253/9521141123454", Level.CLASS, "gdti"),
        ("253/95211411234545678", Level.INSTANCE, "gdti"),
        ("255/9521141678909", Level.CLASS, "sgcn"),
        ("255/952114167890904711", Level.INSTANCE, "sgcn"),
        ("8004/95211415678", Level.INSTANCE, "giai"),
        ("8006/095211411234540102", Level.CLASS, "itip"),
        ("8006/095211411234540102/10/L", Level.LOT, "itip"),
        ("8006/095211411234540102/21/981", Level.INSTANCE, "itip"),
        ("8010/952114198765", Level.CLASS, "cpi"),
        ("8010/952114198765/8011/12345", Level.INSTANCE, "cpi"),
        ("8013/1987654Ad4X4bL5ttr2310c2K", Level.CLASS, "gmn"),
        ("8017/952114112345678906", Level.INSTANCE, "gsrnp"),
        ("8018/952114112345678906", Level.INSTANCE, "gsrn"),
        ("8018/952114112345678906/8019/1", Level.INSTANCE, "gsrn"),
        ("401/9521141xyz", Level.INSTANCE, "ginc"),
        ("402/40123452223334442", Level.INSTANCE, "gsin"),
        ("414/9521141123454", Level.PLACE, "sgln"),
        ("414/9521141123454/254/32a%2Fb", Level.PLACE, "sgln"),
        ("414/9521141123454/7040/1ABC", Level.PLACE, "sgln"),
        ("417/9521141123454", Level.PARTY, "pgln"),
        ("415/9521141123454/8020/A1", Level.OTHER, "payment_slip"),
    ],
)
def test_each_key_has_its_level(path: str, level: Level, scheme: str) -> None:
    identity = parse(f"https://brand.example/x/{path}?17=220630")
    assert (identity.uri, identity.level, identity.scheme) == (f"https://id.gs1.org/{path}", level, scheme)


def test_a_place_and_a_party_of_one_gln_are_distinct() -> None:
    assert parse("https://id.gs1.org/414/9521141123454") != parse("https://id.gs1.org/417/9521141123454")


def test_the_extension_0_is_the_place_itself() -> None:
    assert parse("https://id.gs1.org/414/9521141123454/254/0") == parse(
        "https://id.gs1.org/414/9521141123454"
    )


def test_a_consumer_product_variant_is_no_identity_of_its_own() -> None:
    assert parse("https://id.gs1.org/01/09506000134352/22/A").uri == "https://id.gs1.org/01/09506000134352"


@pytest.mark.parametrize(
    "path",
    [
        "01/09506000134353",
        "01/09506000134353/21/1",
        "01/0950600013435",
        "01/09506000134352/21/",
        "01/09506000134352/21/a%24",
        "01/09506000134352/21/%zz",
        "01/09506000134352/21/" + "1" * 21,
        "01/09506000134352/21/1/10/L",
        "01/09506000134352/235/1/10/L",
        "01/09506000134352/99/x",
        "01/09506000134352/foo",
        "01",
        "00/095201234567891236",
        "00/095201234567891235/21/1",
        "414/9521141123455",
        "415/9521141123454",
        "8003/19521141123454",
        "8006/095211411234540302",
        "8010/95211419876a",
        "8013/1987654Ad4X4bL5ttr2310c2L",
        "21/12345",
    ],
)
def test_a_broken_key_is_an_error_on_gs1s_host_and_opaque_elsewhere(path: str) -> None:
    if path != "01":
        with pytest.raises(Gs1Error):
            parse(f"https://id.gs1.org/{path}")
    elsewhere = f"https://brand.example/{path}"
    assert (parse(elsewhere).scheme, parse(elsewhere).uri) == ("opaque", elsewhere)


@pytest.mark.parametrize(
    "uri",
    [
        "https://brand.example/",
        "https://brand.example",
        "https://brand.example/401/unauthorised",
        "https://brand.example/8004/2023",
        "https://brand.example/8004/2023/12",
        "https://brand.example/8010/12345",
        "https://brand.example/gtin/09506000134352",
        "https://brand.example/001/09506000134352",
        "https://brand.example/1/09506000134352",
        "https://user@brand.example/01/09506000134352",
        "https://brand.example/#/01/09506000134352",
        "https://brand.example/?u=/01/09506000134352",
        "https://brand.example" + "/01/09506000134352" * 40,
        "ftp://brand.example/01/09506000134352",
        "https://id.gs1.org/",
        "https://id.gs1.org/.well-known/gs1resolver",
        "https://id.gs1.org/ARFKk4XBoA",
        "https://ref.gs1.org/cbv/BizStep-shipping",
    ],
)
def test_an_address_that_is_no_digital_link_is_opaque(uri: str) -> None:
    assert (parse(uri).scheme, parse(uri).uri) == ("opaque", uri)


def test_an_error_says_which_element_breaks_which_rule() -> None:
    with pytest.raises(Gs1Error) as caught:
        parse("https://id.gs1.org/01/09506000134353/21/1")
    assert caught.value.rule == "(01) the check digit of 09506000134353 must be 2, it is 3"
    with pytest.raises(Gs1Error) as caught:
        parse("https://id.gs1.org/01/09506000134352/21/1/10/L")
    assert caught.value.rule == (
        "(01) takes the qualifiers (22), (10), (21) or (235) in this order, found (21), (10)"
    )


def test_the_strict_reader_gives_every_part_of_a_link() -> None:
    link = read_digital_link(
        "https://Brand.example/p/q/01/09506000134352/10/A%2FB?17=220630&linkType=gs1:pip&s"
    )
    assert link.host == "brand.example"
    assert link.prefix == ("p", "q")
    assert link.elements == (("01", "09506000134352"), ("10", "A/B"))
    assert link.attributes == (("17", "220630"),)
    assert link.parameters == (("linkType", "gs1:pip"), ("s", ""))
    assert link.identity.scheme == "lgtin"


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("https://a/01/09506000134352?10=L1", "belongs in the path"),
        ("https://a/01/09506000134352?17=220630&17=220630", "stands twice"),
        ("https://a/01/09506000134352?01=09506000134352", "stands twice"),
        ("https://a/01/09506000134352?17=221399", "must be a date"),
        ("https://a/01/09506000134352?8011=1", "cannot stand in the query"),
        ("https://a/01/09506000134352?9999=1", "not an Application Identifier"),
        ("https://a/01/09506000134352 ", "' ' at place 28"),
        ("https://a/x", "no GS1 key"),
        ("urn:epc:id:sgtin:1", "http or https"),
        ("https://a/01/09506000134353", "check digit"),
        ("https://a/" + "x" * 5000, "at most 4096"),
    ],
)
def test_the_strict_reader_refuses_what_a_printer_should_not_print(link: str, says: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        read_digital_link(link)
    assert says in caught.value.rule


def test_a_link_is_built_on_any_stem() -> None:
    assert (
        to_digital_link(SGTIN, stem="https://qr.example/p/")
        == "https://qr.example/p/01/09506000134352/21/12345"
    )
    assert to_digital_link("urn:epc:id:gid:1.2.3", stem="https://qr.example") == "urn:epc:id:gid:1.2.3"


def test_a_link_carries_lot_serial_and_attributes_together() -> None:
    elements = [("21", "7"), ("17", "220630"), ("10", "L/1"), ("01", "09506000134352"), ("99", "a+b")]
    link = link_of_elements(elements, stem="https://a.example")
    assert link == "https://a.example/01/09506000134352/10/L%2F1/21/7?17=220630&99=a%2Bb"
    assert sorted(read_digital_link(link).elements + read_digital_link(link).attributes) == sorted(elements)


@pytest.mark.parametrize(
    "elements",
    [
        [("17", "220630")],
        [("01", "09506000134352"), ("01", "09506000134369")],
        [("01", "09506000134352"), ("8200", "https://a.example")],
        [("01", "09506000134352"), ("235", "T"), ("10", "L")],
        [("415", "9521141123454"), ("10", "L")],
        [("01", "09506000134353")],
    ],
)
def test_a_link_is_not_built_of_what_it_cannot_carry(elements: list[tuple[str, str]]) -> None:
    with pytest.raises(Gs1Error):
        link_of_elements(elements)
