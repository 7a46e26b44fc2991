"""The words: complete in both languages, and every key that code or template asks for exists."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

import public_query
from foundation.web import SHELL_WORDS, Language, placeholders
from public_query import WORDS
from public_query.pages import PAGES
from public_query.pages.item import _REMARKS, _SIGNS, _SUBJECT_SIGNS, TONES, step_name
from public_query.verdict import Outcome

ROOM = Path(public_query.__file__).parent


def test_every_text_says_something_in_both_languages_with_the_same_places() -> None:
    for key in WORDS:
        pair = WORDS.pair(key)
        assert pair.zh.strip(), key
        assert pair.en.strip(), key
        if key != "page.recall.by":
            assert re.search(r"[\u4e00-\u9fff]", pair.zh), f"{key} is not Chinese"
        assert not re.search(r"[\u4e00-\u9fff]", pair.en), f"{key} is not English"
        assert placeholders(pair.zh) == placeholders(pair.en), key


def test_every_literal_key_of_templates_and_code_is_in_the_catalogue() -> None:
    asked = set()
    for template in ROOM.glob("pages/templates/*.html"):
        asked |= set(re.findall(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""", template.read_text(encoding="utf-8")))
    for module in ROOM.rglob("*.py"):
        asked |= set(
            re.findall(r"""WORDS\.(?:plain|pair)\(\s*"([\w.]+)\"""", module.read_text(encoding="utf-8"))
        )
    assert len(asked) > 30
    assert asked <= {*WORDS, *SHELL_WORDS}


def test_every_outcome_has_its_words_and_a_tone_of_its_own() -> None:
    assert set(TONES) == set(Outcome)
    assert len(set(TONES.values())) == len(Outcome)


def test_every_sign_that_a_page_asks_for_is_drawn() -> None:
    drawn = PAGES.environment.globals["outcome_icons"]
    assert {outcome.value for outcome in Outcome} - {"not_a_product"} <= set(drawn)  # type: ignore[arg-type]
    assert {"unit", *_SUBJECT_SIGNS.values()} <= set(drawn)  # type: ignore[arg-type]
    lines = PAGES.environment.globals["line_icons"]
    assert {icon for _, icon in (*_SIGNS.values(), *_REMARKS.values())} <= set(lines)  # type: ignore[arg-type]


# CBV 2.0 §7.1.3, the standard's business steps
BUSINESS_STEPS = [
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
]


@pytest.mark.parametrize("step", BUSINESS_STEPS)
def test_every_business_step_of_the_standard_has_words(step: str) -> None:
    for language in Language:
        assert step_name(step, language) == WORDS.plain(f"step.{step}", language)


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("https://example.com/steps/sun-drying", "sun-drying"),
        ("https://example.com/voc#withering", "withering"),
        ("urn:example:step:rolling", "rolling"),
        ("https://example.com/", "example.com"),
        ("", ""),
    ],
)
def test_a_participants_own_step_is_shown_by_the_end_of_its_uri(step: str, shown: str) -> None:
    assert step_name(step, Language.ZH) == shown


@pytest.mark.parametrize("name", ["moment", "resolver", "subject"])
def test_the_examples_of_a_module_run(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"public_query.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
