"""The pages in a real browser: they fit, they are readable, and they ask nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.public_query.cases import GTIN, TEA_GTIN, item

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "home": "/",
    "genuine": item("genuine"),
    "recalled": item("recalled"),
    "suspect": item("suspect"),
    "expired": item("expired"),
    "dispensed": item("dispensed"),
    "unknown": item("nobody"),
    "batch": f"/01/{GTIN}/10/A260302",
    "food": item("tea", TEA_GTIN),
    "hostile": item("hostile"),
    "ended": item("ended"),
    "disputed": item("disputed"),
    "long way": item("long"),
    "shipping unit": "/00/106141412345678908",
    "asset": "/8004/9506000134352A1",
    "document": "/253/9506000134352DOC1",
    "place": "/414/9506000134352",
    "organisation": "/417/9506000134352",
    "no GS1 key": "/verify?id=urn:uuid:5b6f1c3a-0001-4d7e-9a51-6a1d2f0e7c01",
    "crowd": item("crowd"),
}

# Text whose contrast with the nearest opaque ground behind it is below WCAG 2.2 AA (1.4.3).
LOW_CONTRAST = """() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push([walker.currentNode.textContent.trim(), ratio.toFixed(2)]);
  }
  return found;
}"""

# Controls that a finger or a screen reader cannot use: no name, or smaller than 24 px (WCAG 2.2, 2.5.8).
POOR_CONTROLS = """() => [...document.querySelectorAll('a, button, input, summary')].flatMap(control => {
  const name = control.getAttribute('aria-label') || control.textContent.trim() ||
    [...(control.labels || [])].map(label => label.textContent.trim()).join(' ');
  const box = control.getBoundingClientRect();
  const inText = getComputedStyle(control).display === 'inline';
  const small = !inText && !control.classList.contains('skip') && (box.width < 24 || box.height < 24);
  return name && !small ? [] : [control.outerHTML.slice(0, 120)];
})"""

# Elements that stick out of the window sideways, however the page hides it.
STICKING_OUT = """() => [...document.querySelectorAll('body *')].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width && !element.closest('svg') && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map(element => element.outerHTML.slice(0, 120))"""


LINES_OF_THE_HEADING = """() => {
  const heading = document.querySelector('h1');
  const range = document.createRange();
  range.selectNodeContents(heading);
  return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_page_fits_is_readable_and_asks_nobody_else(
    width: int, scheme: str, language: str, chromium: sync_api.Browser, live_server: str
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        locale={"zh": "zh-CN", "en": "en-GB"}[language],
    )
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append("dialog " + dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    for name, path in PAGES.items():
        answer = page.goto(live_server + path)
        assert answer is not None
        assert answer.status == (503 if name == "crowd" else 200), name
        assert page.evaluate("document.documentElement.lang") == {"zh": "zh-Hans", "en": "en"}[language]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(STICKING_OUT) == [], name
        assert page.evaluate(LOW_CONTRAST) == [], name
        assert page.evaluate(POOR_CONTROLS) == [], name
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("banner").count() == 1
        assert page.get_by_role("contentinfo").count() == 1
        assert page.get_by_role("heading", level=1).count() == 1
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, background[4:-1].split(","))) < 384) == (scheme == "dark"), background
    # The browser itself remarks on the one page that comes with 503.
    assert [text for text in said if "status of 503" not in text] == []
    assert asked
    assert [url for url in asked if not url.startswith(live_server)] == []
    context.close()


@pytest.mark.slow
def test_a_chinese_heading_is_never_broken_within_a_word(
    chromium: sync_api.Browser, live_server: str
) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 844}, locale="zh-CN")
    page = context.new_page()
    for name, path in PAGES.items():
        page.goto(live_server + path)
        if page.locator(".verdict h1").count():
            assert page.evaluate(LINES_OF_THE_HEADING) == 1, name
    context.close()


@pytest.mark.slow
def test_the_page_for_a_crowd_leads_back_to_the_same_item(
    chromium: sync_api.Browser, live_server: str
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    page = context.new_page()
    page.goto(f"{live_server}{item('crowd')}?lang=zh")
    page.get_by_role("link", name="再试一次").click()
    assert page.url == f"{live_server}{item('crowd')}?lang=zh"
    context.close()


@pytest.mark.slow
def test_a_person_types_a_code_reads_the_verdict_and_switches_the_language(
    chromium: sync_api.Browser, live_server: str
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.goto(live_server + "/")
    page.get_by_role("textbox", name="包装上的编码").fill(f"（01）{GTIN}（21）genuine")
    page.get_by_role("button", name="查询").click()
    assert page.get_by_role("heading", level=1).text_content() == "正品"
    assert page.url == f"{live_server}/verify{item('genuine')}"
    page.get_by_role("link", name="English").click()
    assert page.get_by_role("heading", level=1).text_content() == "Genuine"
    page.get_by_role("link", name="Check another item").click()
    assert page.get_by_role("heading", level=1).text_content() == "Find out where it comes from"
    context.close()


@pytest.mark.slow
def test_the_first_tab_stop_skips_to_the_content(chromium: sync_api.Browser, live_server: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    page = context.new_page()
    page.goto(live_server + item("genuine"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


@pytest.mark.slow
def test_the_checkpoint_is_behind_a_disclosure_that_opens_without_script(
    chromium: sync_api.Browser, live_server: str
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(live_server + item("genuine"))
    root = page.get_by_text("Yl5mU0yq2l3mRw6mH2vPpJ0uXkq1nVQ8d9sT7e4bZkA=")
    assert not root.is_visible()
    page.get_by_text("Checkpoint and event numbers").click()
    assert root.is_visible()
    context.close()
