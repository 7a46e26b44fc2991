"""Identifiers and tags a second: canonical forms, parsing, tag data.

    pytest bench/test_gs1.py --benchmark-only

A round takes 5,000 different identifiers; `per_s` is in the extra info. `canonical` remembers what it has seen;
the first sight and the second are measured apart.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from foundation.gs1 import canonical, decode_tag, encode_tag, parse, to_element_string

COUNT = 5000
FORMS = {
    "urn": "urn:epc:id:sgtin:9521001.000011.{}",
    "digital-link": "https://id.gs1.org/01/09521001000116/21/{}",
    "own-host": "https://shop.example/01/09521001000116/21/{}?17=271231",
    "element-string": "(01)09521001000116(21){}",
    "lgtin": "urn:epc:class:lgtin:9521001.000011.{}",
    "sscc": "urn:epc:id:sscc:9521001.{:010}",
}
NUMBERS = count(1)


def _fresh(form: str) -> list[str]:
    """Identifiers that no round has had before."""
    return [FORMS[form].format(next(NUMBERS)) for _ in range(COUNT)]


def _rate(benchmark: Any) -> None:
    benchmark.extra_info["per_s"] = round(COUNT / benchmark.stats.stats.median)


def _of_each(work: Callable[[str], object]) -> Callable[[list[str]], None]:
    def run(texts: list[str]) -> None:
        for text in texts:
            work(text)

    return run


@pytest.mark.parametrize("form", FORMS)
def test_canonical_at_first_sight(benchmark: Any, form: str) -> None:
    benchmark.pedantic(_of_each(canonical), setup=lambda: ((_fresh(form),), {}), rounds=10)
    _rate(benchmark)


def test_canonical_again(benchmark: Any) -> None:
    benchmark.pedantic(_of_each(canonical), (_fresh("urn"),), rounds=10, warmup_rounds=1)
    _rate(benchmark)


@pytest.mark.parametrize("form", FORMS)
def test_parse(benchmark: Any, form: str) -> None:
    benchmark.pedantic(_of_each(parse), setup=lambda: ((_fresh(form),), {}), rounds=5)
    _rate(benchmark)


def test_to_element_string(benchmark: Any) -> None:
    texts = _fresh("digital-link")
    benchmark.pedantic(_of_each(to_element_string), (texts,), rounds=5)
    _rate(benchmark)


def test_encode_tag(benchmark: Any) -> None:
    texts = _fresh("digital-link")
    benchmark.pedantic(_of_each(lambda uri: encode_tag(uri, company_prefix_length=7)), (texts,), rounds=10)
    _rate(benchmark)


def test_decode_tag(benchmark: Any) -> None:
    memory = [encode_tag(uri, company_prefix_length=7) for uri in _fresh("digital-link")]

    def run() -> None:
        for data in memory:
            decode_tag(data)

    benchmark.pedantic(run, rounds=10)
    _rate(benchmark)
