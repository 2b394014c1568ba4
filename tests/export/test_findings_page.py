"""The page of what an analysis found: nothing of it can run, and a browser draws all of it without a complaint."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from codesign.export import (
    DotFigure,
    DotRow,
    FindingsPage,
    LineFigure,
    LineSeries,
    PageAnswer,
    PageTable,
    render_findings,
    write_findings_page,
)
from tests.export.browsing import browser as browser  # noqa: PLC0414 - a fixture
from tests.export.browsing import needs_chromium


def page() -> FindingsPage:
    values = np.array([0.1, np.nan, 0.5])
    rows = (DotRow("random", values, 0.3, 1.5e-5, 0.5), DotRow("last", values + 1.0, 1.3, np.nan, np.nan, 1))
    lines = (LineSeries("runs", np.arange(3.0), np.array([0.1, np.nan, 0.4])),)
    return FindingsPage(
        "What came of it",
        "Two runs.",
        ("One run is not enough.",),
        (PageAnswer("Do they learn?", "They do.", "Refuted by a counterexample."),),
        (
            DotFigure("Gain", "A dot is a design.", "gain [m]", rows),
            LineFigure("Diversity", "Of each run.", "generation", "share", lines),
        ),
        (PageTable("Effects", ("measure", "delta"), tuple(("gain", f"{number}") for number in range(30))),),
    )


def test_no_text_can_become_part_of_the_page() -> None:
    hostile = "</script><script>alert(1)</script>"
    text = render_findings(replace(page(), summary=hostile, notices=(hostile,), title=hostile))
    assert hostile not in text
    assert text.count("<script") == 2
    assert "default-src 'none'" in text


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    complaints: list[str] = []
    (path,) = write_findings_page(page(), tmp_path / "page.html")
    shown = browser.new_page()
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.goto(path.as_uri())
    yield shown
    shown.close()
    assert complaints == []


@needs_chromium
def test_a_browser_draws_it(opened: Page) -> None:
    opened.wait_for_selector("#figures svg circle")
    assert opened.locator("#figures svg circle").count() == 4
    assert opened.locator("#figures svg text.name").first.text_content() == "random: 0.3 [0.000015, 0.5], 2 dots"
    assert opened.locator("#answers h3").all_text_contents() == ["Do they learn?"]
    assert opened.locator("#notices li").all_text_contents() == ["One run is not enough."]
    assert opened.locator("#tables tbody tr").count() == 30
    assert opened.locator("details").get_attribute("open") is None  # a long table is folded
    with opened.expect_download() as download:
        opened.locator("button.save").first.click()
    assert "<svg" in Path(download.value.path()).read_text()


@needs_chromium
def test_no_column_of_a_wide_table_is_cut_on_paper(browser: Browser, tmp_path: Path) -> None:
    wide = PageTable("Wide", tuple(f"heading {place}" for place in range(16)), (("-0.000123",) * 16,))
    (path,) = write_findings_page(replace(page(), tables=(wide,)), tmp_path / "page.html")
    shown = browser.new_page(viewport={"width": 720, "height": 900})
    shown.goto(path.as_uri())
    cut = "document.querySelector('table').offsetWidth > document.querySelector('.scroll').clientWidth"
    assert shown.evaluate(cut)
    shown.emulate_media(media="print")
    assert not shown.evaluate(cut)
    shown.close()
