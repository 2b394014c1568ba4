"""The page that is served: the run's own report.html, or one made here, in memory, where that is missing or old."""

import gzip
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from codesign.cli.watch.observation import Observation, stamp_of
from codesign.errors import CodesignError, DesignError
from codesign.reading import MOST, read_bytes
from codesign.run import RunFolder

LOOK_SECONDS = 2.0
"""Seconds between two looks at the run's folder."""

_LAG_OVER = 5.0
"""Seconds by which a page may be older than the numbers of a run that is over."""

_REST = 9.0
"""After a page was made here, so many times as long no other one is: it is the run that should have the machine."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """A page about the run.

    Attributes:
        version: differs from that of every other page.
        data: the page, UTF-8.
        packed: the same, by gzip.
    """

    version: int
    data: bytes
    packed: bytes = field(repr=False)


class Pages:
    """Keeps a page about the run current, from a thread of its own.

    Args:
        folder: the run's; it is only read.
        render: returns the page as the run stands now.
        observe: returns what was last seen of the run.
        lag: seconds by which a page may be older than the numbers of a run that goes on.
    """

    def __init__(
        self, folder: RunFolder, render: Callable[[], str], observe: Callable[[], Observation], lag: float
    ) -> None:
        self._folder, self._render, self._observe, self._lag = folder, render, observe, lag
        self._page: Page | None = None
        self._shows = -math.inf
        self._refused: object = None
        self._rest_until = -math.inf
        self.fault = ""

    @property
    def current(self) -> Page | None:
        """The page as it is now; None where there is none yet."""
        return self._page

    def start(self) -> None:
        """Begin to keep it, for as long as this process lasts."""
        threading.Thread(target=self._keep, name="page", daemon=True).start()

    def _keep(self) -> None:
        while True:
            self.refresh()
            time.sleep(LOOK_SECONDS)

    def refresh(self) -> None:
        """Take the run's own page if it is newer than the one that is shown, or make one if all there are are old."""
        numbers, report = stamp_of(self._folder.metrics), stamp_of(self._folder.report)
        if report is not None and _seconds(report) > self._shows:
            self._take(_seconds(report))
        if numbers is None:
            return
        seen = self._observe()
        lag = _LAG_OVER if seen.over else self._lag if self._page is not None else 0.0
        if _seconds(numbers) - self._shows <= lag or numbers == self._refused or not seen.rows:
            return
        if time.monotonic() >= self._rest_until:
            self._make(numbers)

    def _take(self, written: float) -> None:
        try:
            self._put(read_bytes(self._folder.report, MOST.recording), written)
        except OSError as error:
            _log.debug("the run's own page cannot be read (%s)", error)

    def _make(self, numbers: tuple[int, int, int]) -> None:
        begin = time.monotonic()
        try:
            self._put(self._render().encode("utf-8"), _seconds(numbers))
        except DesignError:
            self._refused = numbers  # no valid design yet
        except CodesignError as error:
            self._refused, self.fault = numbers, f"no page: {error}"
        except Exception as error:  # a page that cannot be made is no reason to stop telling how the run goes
            _log.exception("the page could not be made")
            self._refused, self.fault = numbers, f"no page: {type(error).__name__}: {error}"
        now = time.monotonic()
        self._rest_until = now + _REST * (now - begin)

    def _put(self, data: bytes, shows: float) -> None:
        version = 1 if self._page is None else self._page.version + 1
        # Set at once, since others read it meanwhile.
        self._page = Page(version, data, gzip.compress(data, compresslevel=1, mtime=0))
        self._shows, self.fault = shows, ""


def _seconds(stamp: tuple[int, int, int]) -> float:
    return stamp[2] / 1e9
