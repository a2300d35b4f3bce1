"""How the screens look, measured in a real browser: nothing foreign, cut, too small or too faint."""

import contextlib
import json
from typing import Any

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.journeys.conftest import OpenPage
from tests.journeys.feeding_plant import ASSEMBLY, MOULDER

pytestmark = [pytest.mark.journey, pytest.mark.browser]
TERMINAL, DESKTOP, HANDHELD = (1280, 800), (1920, 1080), (390, 844)
RUN = f"/terminal/{MOULDER}"
SCREENS = [
    (RUN, TERMINAL),
    (f"/terminal/{ASSEMBLY}/queue", TERMINAL),
    ("/board", DESKTOP),
    ("/replenishment", DESKTOP),
    ("/replenishment", HANDHELD),
    ("/orders", DESKTOP),
    ("/", TERMINAL),
    ("/", HANDHELD),
    ("/warehouse/receive", HANDHELD),
    ("/warehouse/count", HANDHELD),
    ("/warehouse/stock", TERMINAL),
    ("/warehouse/plan", HANDHELD),
    ("/orders/WO-1042", TERMINAL),
    ("/trace?item=HEATING-ELEMENT&lot=HE-5501", TERMINAL),
    ("/review", DESKTOP),
    ("/reports", TERMINAL),
]
LANGUAGES_AND_THEMES = [("en", "day"), ("zh", "night")]
CONTRAST_MIN = 4.5

STICKS_OUT = """() => [...document.querySelectorAll('.screen *')]
  .filter(e => !e.closest('.strip, .icon, .scroll'))
  .filter(e => { const b = e.getBoundingClientRect(); return b.width > 0 && (b.right > innerWidth + 1 || b.left < -1 || b.bottom > innerHeight + 1) })
  .map(e => `${e.className}: ${e.textContent.slice(0, 30)}`)"""
CUT_OFF = """() => [...document.querySelectorAll('.screen *')]
  .filter(e => e.clientHeight > 0 && getComputedStyle(e).overflow !== 'visible' && !e.matches('.icon, .scroll, .progress, .strip-bar, .segments'))
  .filter(e => e.scrollHeight > e.clientHeight + 3 || e.scrollWidth > e.clientWidth + 1)
  .map(e => `${e.className}: ${e.textContent.slice(0, 30)}`)"""
TEXTS = """() => {
  const texts = [];
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  for (const e of document.querySelectorAll('.screen *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const style = getComputedStyle(e);
    if (!own || !e.getClientRects().length || style.visibility === 'hidden' || e.closest(':disabled')) continue;
    let ground = e;
    while (ground && rgb(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    texts.push({ text: e.textContent.trim().slice(0, 30), size: parseFloat(style.fontSize), family: style.fontFamily,
      ink: rgb(style.color).slice(0, 3), ground: ground ? rgb(getComputedStyle(ground).backgroundColor).slice(0, 3) : [255, 255, 255] });
  }
  return texts;
}"""


def texts(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(TEXTS)
    assert found
    return found


def luminance(colour: list[float]) -> float:
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lasting(page: Page, faults: str) -> list[str]:
    """The faults that are still there when the page has come to rest: fonts take a moment on a busy machine."""
    with contextlib.suppress(PlaywrightTimeout):
        page.wait_for_function(f"({faults})().length === 0")
    found: list[str] = page.evaluate(faults)
    return found


@pytest.mark.parametrize(("language", "theme"), LANGUAGES_AND_THEMES)
@pytest.mark.parametrize(("path", "size"), SCREENS)
def test_nothing_sticks_out_is_cut_or_hard_to_read(
    open_page: OpenPage, path: str, size: tuple[int, int], language: str, theme: str
) -> None:
    page = open_page(path, language=language, theme=theme, size=size)
    assert lasting(page, STICKS_OUT) == []
    assert lasting(page, CUT_OFF) == []
    faint = [t for t in texts(page) if contrast(t["ink"], t["ground"]) < CONTRAST_MIN]
    assert faint == []


@pytest.mark.parametrize("path", [RUN, f"{RUN}/queue"])
def test_the_smallest_text_of_a_terminal_is_eighteen_pixels(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    assert [text for text in texts(page) if text["size"] < 18] == []


def test_the_actions_of_a_terminal_are_made_for_gloves(open_page: OpenPage) -> None:
    page = open_page(RUN)
    boxes = [button.bounding_box() for button in page.locator(".actions .action").all()]
    assert len(boxes) == 6
    assert all(box is not None and box["height"] >= 100 and box["width"] >= 100 for box in boxes)


def test_numerals_are_tabular(open_page: OpenPage) -> None:
    page = open_page(RUN)
    widths = page.evaluate(
        """() => ['111111', '000000', '888888'].map(text => { const e = document.createElement('span');
            e.className = 'num count-good'; e.textContent = text; document.querySelector('.screen').append(e);
            const width = e.getBoundingClientRect().width; e.remove(); return width; })"""
    )
    assert len(set(widths)) == 1


def test_the_typefaces_ship_with_the_product(open_page: OpenPage) -> None:
    page = open_page(RUN, language="zh")
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family.replaceAll('\\\"', ''))"
    )
    assert {"IBM Plex Sans", "Noto Sans SC", "Material Icons"} <= set(loaded)


@pytest.mark.parametrize("path", [RUN, "/board", "/replenishment", "/orders", "/"])
def test_nothing_is_loaded_from_another_host(open_page: OpenPage, path: str) -> None:
    page = open_page("/board")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.removesuffix("/board") + path)
    page.wait_for_selector(".link-on")
    assert asked
    foreign = [url for url in asked if "//127.0.0.1:" not in url and not url.startswith("data:")]
    assert foreign == []
    named = page.evaluate(
        "performance.getEntriesByType('resource').map(r => new URL(r.name).hostname)"
    )
    assert set(named) <= {"127.0.0.1"}, json.dumps(named)


def test_a_long_name_is_shortened_and_the_figures_stay(open_page: OpenPage, feeder: Any) -> None:
    page = open_page(RUN)
    card = feeder.unit(MOULDER)
    long = {"en": "Kettle body 1.7 l white with printed water gauge and logo " * 2, "zh": ""}
    order = card.order.model_copy(
        update={
            "item_name": long,
            "target": card.order.target * 100_000,
            "good": card.order.good * 90_000,
        }
    )
    feeder.put("unit", MOULDER, card.model_copy(update={"order": order, "name": long}))
    page.wait_for_selector(".count.long")
    assert page.evaluate(STICKS_OUT) == []
    box = page.locator(".count-percent").bounding_box()
    panel = page.locator(".panel.count").bounding_box()
    assert box is not None
    assert panel is not None
    assert box["x"] + box["width"] <= panel["x"] + panel["width"]
