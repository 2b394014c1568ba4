"""A browser for the tests of the page, and what is read off its pictures."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from codesign.export import EXPORTERS, Gallery
from tests.export.strips import gallery

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (apt package chromium)")

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    # Pictures in 3D need WebGL, which is computed where there is no graphics processor.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """A function that opens a gallery's page; at the end no page may have complained or asked for anything else."""
    complaints: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        # That reading a picture back takes time is no complaint about the page; only computed WebGL has to.
        slow = "GPU stall due to ReadPixels" in message.text
        if message.type in ("error", "warning") and not slow:
            complaints.append(message.text)

    def opener(
        shown: Gallery | None = None, *, anchor: str = "", width: int = 1280, before_load: str = "", **settings
    ) -> Page:
        (path,) = EXPORTERS["html"].write(shown or gallery(), tmp_path / "page.html")
        settings = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"} | settings
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        if before_load:
            page.add_init_script(before_load)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda each: complaints.append(each.url) if not each.url.startswith(path.as_uri()) else None)
        page.goto(path.as_uri() + anchor)
        wait_until(page, "window.codesign !== undefined")
        settle(page)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert [each for each in complaints if each != "data:,"] == []


def settle(page: Page) -> None:
    """Wait until what changed is drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def wait_until(page: Page, condition: str) -> None:
    """Wait for a condition on the page; asked from here, as its policy forbids what Playwright would evaluate there."""
    for _ in range(500):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    pytest.fail(f"never: {condition}")


def state(page: Page, name: str):
    return page.evaluate(f"window.codesign.{name}")


def image(page: Page, selector: str) -> np.ndarray:
    """Pixels of an element, uint8[height, width, 3]."""
    settle(page)
    png = page.locator(selector).first.screenshot()
    return (matplotlib.image.imread(io.BytesIO(png), format="png")[:, :, :3] * 255).round().astype(np.uint8)


def count(pixels: np.ndarray, colour: str) -> int:
    """Pixels within four steps of a colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(pixels.astype(int) - wanted).max(axis=2) < 5).sum())


COUNT_CONTEXTS = """
    window.contexts = 0;
    const made = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      if (kind.startsWith("webgl") && !this.counted) {
        this.counted = true;
        window.contexts += 1;
        window.webgl = made.call(this, kind, ...rest);
        return window.webgl;
      }
      return made.call(this, kind, ...rest);
    };
"""
"""Counts the page's WebGL contexts as `window.contexts` and keeps the last as `window.webgl`."""

NO_WEBGL = """
    const made = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind.startsWith("webgl") ? null : made.call(this, kind, ...rest);
    };
"""
"""A browser without WebGL."""
