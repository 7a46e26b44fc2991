"""Every spelling of a standard vocabulary value is one value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.epcis import vocabulary as cbv
from tests.foundation.epcis.bodies import OBJECT, errors, event_of


@pytest.mark.parametrize(
    ("words", "definition"),
    [
        (cbv.BIZ_STEP, "bizStep"),
        (cbv.DISPOSITION, "disposition"),
        (cbv.BIZ_TRANSACTION_TYPE, "bizTransaction-type"),
        (cbv.SOURCE_DEST_TYPE, "source-dest-type"),
        (cbv.ERROR_REASON, "error-reason"),
        (cbv.MEASUREMENT_TYPE, "measurementType"),
        (cbv.SENSOR_ALERT_TYPE, "sensorAlertType"),
        (cbv.COMPONENT, "component"),
    ],
)
def test_the_words_are_those_of_the_schema(shared: Path, words: cbv.Vocabulary, definition: str) -> None:
    schema = json.loads((shared / "epcis/schema/epcis-json-schema-2.0.1.json").read_bytes())
    (enum,) = [part["enum"] for part in schema["definitions"][definition]["anyOf"] if "enum" in part]
    assert list(words.words) == enum


def test_the_prefixes_and_uris_are_those_of_the_gs1_context(shared: Path) -> None:
    path = shared / "epcis/schema/epcis-context-ref.gs1.org-2.0.0.jsonld"
    context = json.loads(path.read_bytes())["@context"]
    for prefix, namespace in cbv.PREFIXES.items():
        assert context[prefix] == namespace
    for words, term in ((cbv.BIZ_STEP, "bizStep"), (cbv.DISPOSITION, "disposition")):
        for word in words.words:
            prefix, _, rest = context[term]["@context"][word].partition(":")
            assert words.uri(word) == cbv.PREFIXES[prefix] + rest


@pytest.mark.parametrize(
    "spelling",
    [
        "shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "http://ref.gs1.org/cbv/BizStep-shipping",
        "https://ns.gs1.org/cbv/BizStep-shipping",
        "cbv:BizStep-shipping",
    ],
)
def test_every_spelling_of_shipping_is_shipping(spelling: str) -> None:
    assert cbv.BIZ_STEP.word(spelling) == "shipping"


@pytest.mark.parametrize(
    "spelling",
    [
        "Temperature",
        "gs1:Temperature",
        "https://gs1.org/voc/Temperature",
        "http://www.gs1.org/voc/Temperature",
    ],
)
def test_every_spelling_of_a_measurement_is_one(spelling: str) -> None:
    assert cbv.MEASUREMENT_TYPE.word(spelling) == "Temperature"


@pytest.mark.parametrize(
    ("words", "word", "urn"),
    [
        (cbv.BIZ_STEP, "void_shipping", "urn:epcglobal:cbv:bizstep:void_shipping"),
        (cbv.DISPOSITION, "in_transit", "urn:epcglobal:cbv:disp:in_transit"),
        (cbv.BIZ_TRANSACTION_TYPE, "desadv", "urn:epcglobal:cbv:btt:desadv"),
        (cbv.SOURCE_DEST_TYPE, "owning_party", "urn:epcglobal:cbv:sdt:owning_party"),
        (cbv.ERROR_REASON, "did_not_occur", "urn:epcglobal:cbv:er:did_not_occur"),
    ],
)
def test_urn_and_word_are_inverse(words: cbv.Vocabulary, word: str, urn: str) -> None:
    assert words.word(urn) == word
    assert words.urn(word) == urn
    assert words.word(words.uri(word)) == word


def test_a_value_of_ones_own_is_kept_as_it_is() -> None:
    own = "https://example.com/steps/blessing"
    assert cbv.BIZ_STEP.word(own) == own == cbv.BIZ_STEP.uri(own)
    assert event_of({**OBJECT, "bizStep": own}).biz_step == own


def test_words_of_another_vocabulary_are_not_understood() -> None:
    assert cbv.BIZ_STEP.word("urn:epcglobal:cbv:disp:in_transit") == "urn:epcglobal:cbv:disp:in_transit"
    (fault,) = errors({**OBJECT, "bizStep": "in_transit"})
    assert fault.pointer.endswith("/bizStep")


def test_an_event_holds_the_word_for_a_uri_and_a_curie() -> None:
    assert event_of({**OBJECT, "bizStep": "https://ref.gs1.org/cbv/BizStep-packing"}).biz_step == "packing"
    assert event_of({**OBJECT, "disposition": "cbv:Disp-recalled"}).disposition == "recalled"


def test_an_urn_in_json_is_refused_as_the_schema_does_and_told_how_to_write_it() -> None:
    (fault,) = errors({**OBJECT, "bizStep": "urn:epcglobal:cbv:bizstep:packing"})
    assert "write 'packing'" in fault.message
