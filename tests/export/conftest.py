"""Fixtures of the tests that need a browser."""

from tests.export.browsing import browser, open_page

__all__ = ["browser", "open_page"]
