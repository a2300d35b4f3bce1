"""A scanner as the browser sees it: keys without any focus, closer than a hand can type, ended by Enter."""

from playwright.sync_api import Page

TYPE_FAST = """text => {
  for (const key of [...text, "Enter"])
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}"""


def scan(page: Page, text: str) -> None:
    """Scan a code; the keys come in one go, so that a busy machine does not slow the scanner down."""
    page.evaluate(TYPE_FAST, text)


def sign_in(page: Page, badge: str) -> None:
    """Scan a badge and wait for the name."""
    scan(page, badge)
    page.wait_for_selector(".person:not(.locked)")
