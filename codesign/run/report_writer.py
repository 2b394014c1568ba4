"""Writing the page about a run again and again while the run goes on, at a bounded cost."""

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

from codesign.errors import CodesignError, DesignError
from codesign.run.evolution import Listener, Outcome
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.report import Report

SHARE = 0.05
"""Part of a run's time that its page may take while the run goes on."""

INTERRUPTED_SECONDS = 5.0
"""About how long simulations for the page may take after a signal ended the run [s]."""

_FIRST = 1.0
"""What the first page is taken to cost [s]; later ones cost what the one before did."""

_log = logging.getLogger(__name__)


class ReportWriter(Listener):
    """Keeps the page in a run's folder current; a page that cannot be written ends no run.

    Between generations the page is written if the last one is old enough, and if all pages together stay within
    `SHARE` of the time since the run started here. No number of the run depends on it.

    Args:
        experiment: the run's.
        designs: how many of the best designs are shown.
        every: least seconds between two pages while the run goes on.
        tell: called once, with a line about what is wrong, if a page cannot be written while the run goes on.
        clock: seconds of a clock that does not go back.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        designs: int,
        every: float,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._experiment, self._designs = experiment, designs
        self._every, self._tell, self._clock = every, tell, clock
        self._begin, self._last = clock(), -math.inf
        self._spent, self._cost, self._told = 0.0, _FIRST, False

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        del finished, generations
        self._report = Report(self._experiment, RunFolder(folder), self._designs)
        self._begin = self._clock()

    def between_generations(self) -> None:
        now = self._clock()
        allowed = SHARE * (now - self._begin) - self._spent
        if allowed < self._cost or now - self._last < self._every:
            return
        try:
            self._report.write(allowed)
        except DesignError:
            _log.debug("no valid design yet, so no page")
        except CodesignError as error:
            self._tell_once(str(error))
        except Exception as error:  # whatever is wrong with a picture of a run, the run itself is worth more
            _log.exception("the page about the run could not be made")
            self._tell_once(f"{type(error).__name__}: {error}")
        finally:
            self._last = self._clock()
            self._cost = self._last - now
            self._spent += self._cost
            _log.debug("page after %.2f s, %.2f s in all", self._cost, self._spent)

    def finish(self, outcome: Outcome) -> Path | None:
        """Write the page of a run that has ended, and return its path; None where no design was valid.

        After a signal only a few seconds are spent on it, and a page that cannot be written is told like one before.

        Raises:
            OutputError: a run that came to its end has a folder that cannot be written to.
        """
        if outcome.best is None:
            return None
        if not outcome.interrupted:
            return self._report.write()
        try:
            return self._report.write(INTERRUPTED_SECONDS)
        except CodesignError as error:
            self._tell_once(str(error))
            return None

    def _tell_once(self, reason: str) -> None:
        if not self._told:
            self._told = True
            self._tell(f"The page about the run could not be written, and the run goes on without: {reason}")
