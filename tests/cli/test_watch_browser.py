"""The live page in a browser: it keeps itself current, and readers keep their place."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from codesign.cli.watch.observation import Observer
from codesign.cli.watch.pages import Pages
from codesign.cli.watch.server import RunServer, listening
from codesign.export import Gallery
from codesign.export.webpage import render_page
from codesign.run import RunFolder, evolve, resume
from tests.export.browsing import browser, needs_chromium, wait_until
from tests.export.strips import gallery, recording
from tests.run.fakes import CONFIG, GENERATIONS, experiment

__all__ = ["browser"]

pytestmark = [needs_chromium, pytest.mark.slow]


class Live:
    """A run of two generations that is served, and can go on."""

    def __init__(self, folder: Path) -> None:
        short = replace(experiment(), search=replace(experiment().search, generations=2))
        evolve(short, folder, CONFIG)
        self.run = RunFolder(folder)
        self.gallery: Gallery = gallery("first")
        observer = Observer(self.run, GENERATIONS, experiment().trial.lattice)
        self.pages = Pages(self.run, lambda: render_page(self.gallery), observer.look, 0)
        self.server: RunServer = listening("127.0.0.1", 0, observer.look, self.pages, "Robots <i>")
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def go_on(self, shown: Gallery) -> None:
        """Let the run finish, and its page show this."""
        resume(experiment(), self.run.path)
        self.show(shown)

    def show(self, shown: Gallery) -> None:
        """Let there be another page."""
        self.gallery, self.pages._rest_until = shown, 0.0
        later = time.time() + 10 * (1 + (0 if self.pages.current is None else self.pages.current.version))
        os.utime(self.run.metrics, (later, later))
        time.sleep(1)  # what was seen of the run is old by then
        self.pages.refresh()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    live = Live(tmp_path / "run")
    yield live
    live.server.shutdown()
    live.server.server_close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What pages complained of, and whom else they asked; at the end nothing."""
    complaints: list[str] = []
    yield complaints
    assert complaints == []


@pytest.fixture
def opened(browser: Browser, live: Live, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """A function that opens the live page."""
    contexts = []
    own = f"http://localhost:{live.server.server_address[1]}/"

    def opener(**settings) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1000, "height": 700}, **settings))
        page = contexts[-1].new_page()
        page.on("console", lambda each: complaints.append(each.text) if each.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda each: complaints.append(each.url) if not each.url.startswith((own, "data:")) else None
        )
        page.goto(own)
        wait_until(page, "document.getElementById('state').textContent !== 'connecting'")
        return page

    yield opener
    for context in contexts:
        context.close()


def text(page: Page, name: str) -> str:
    return page.evaluate(f"document.getElementById('{name}').textContent")


def test_the_page_keeps_itself_current_and_readers_keep_their_place(opened, live: Live) -> None:
    page = opened(reduced_motion="reduce")
    assert text(page, "title") == "Robots <i>"
    assert text(page, "finished") == "2 of 2"
    assert page.locator("#nothing").is_visible()
    live.show(gallery("first"))
    wait_until(page, "window.watching.version === 1")
    assert not page.locator("#nothing").is_visible()
    assert page.evaluate("watching.page.document.title").startswith("first")
    best = page.evaluate("watching.page.codesign.design")
    # The reader chooses a design, closes and opens things, and scrolls.
    page.evaluate("watching.page.location.hash = 'g002-i0003'")
    page.evaluate("watching.page.document.getElementById('follow').click()")
    page.evaluate("watching.page.document.getElementById('configuration').open = true")
    page.evaluate("watching.page.scrollTo(0, 400)")
    wait_until(page, "watching.page.codesign.design === 'g002-i0003'")
    new = recording("g005-i0002", speed=0.6)
    live.go_on(replace(gallery("second"), recordings=(new, *gallery().recordings)))
    wait_until(page, "window.watching.version === 2")
    assert page.evaluate("watching.page.document.title").startswith("second")
    assert page.evaluate("watching.page.codesign.design") == "g002-i0003" != best
    assert page.evaluate("watching.page.codesign.options.follow") is False
    assert page.evaluate("watching.page.document.getElementById('configuration').open") is True
    assert page.evaluate("watching.page.scrollY") == 400
    assert page.locator("iframe").count() == 1
    wait_until(page, f"document.getElementById('finished').textContent === '{GENERATIONS} of {GENERATIONS}'")
    assert text(page, "state") == "finished"
    assert page.title().startswith(f"{GENERATIONS}/{GENERATIONS}")


def test_who_chose_nothing_sees_the_best_design_of_each_page(opened, live: Live) -> None:
    page = opened()
    live.show(gallery("first"))
    wait_until(page, "window.watching.version === 1")
    live.show(replace(gallery("second"), recordings=(recording("g005-i0002", speed=0.6), *gallery().recordings)))
    wait_until(page, "window.watching.version === 2")
    assert page.evaluate("watching.page.codesign.design") == "g005-i0002"
    assert page.evaluate("watching.page.codesign.playing") is True


def test_a_page_is_kept_while_its_reader_is_busy_or_wants_to(opened, live: Live) -> None:
    page = opened(reduced_motion="reduce")
    live.show(gallery("first"))
    wait_until(page, "window.watching.version === 1")
    page.locator("#following").uncheck()
    live.show(gallery("second"))
    page.wait_for_timeout(4500)
    assert page.evaluate("window.watching.version") == 1
    page.locator("#following").check()
    page.mouse.move(500, 400)
    page.mouse.wheel(0, 50)
    page.wait_for_timeout(500)
    assert page.evaluate("window.watching.version") == 1
    wait_until(page, "window.watching.version === 2")


def test_a_server_that_ends_is_told_and_one_that_comes_back_is_found(opened, complaints: list[str]) -> None:
    page = opened()
    page.route("**/status.json", lambda route: route.abort())
    wait_until(page, "document.getElementById('state').textContent === 'no connection'")
    page.unroute("**/status.json")
    wait_until(page, "document.getElementById('state').textContent !== 'no connection'")
    assert set(complaints) == {"Failed to load resource: net::ERR_FAILED"}
    complaints.clear()
