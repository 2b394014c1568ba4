"""The page about a run, while the run goes on: what was simulated for it once is kept."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

from codesign import files
from codesign.export import Gallery, Recording, render_page, warn_of_size
from codesign.run.design_map import design_map, spread_over
from codesign.run.designs import Design
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.replay import history, replay
from codesign.run.selection import select
from codesign.run.summary import SummaryReader

_TOGETHER = 16
"""Designs that are simulated together where the time is limited."""


class Report:
    """The page about a run in its folder: the best designs and the ancestors of the best one, moving.

    A page that is asked for again simulates only those designs that are new among the ones shown.

    Args:
        experiment: the run's.
        folder: the run's; it is only read, unless `write` is called.
        designs: how many of the best designs are shown; the ancestors of the best one come on top.
    """

    def __init__(self, experiment: Experiment, folder: RunFolder, designs: int = 12) -> None:
        self._experiment, self._folder, self._designs = experiment, folder, designs
        self._summaries = SummaryReader(folder, experiment.search.generations)
        self._recordings: dict[tuple[int, int], Recording] = {}
        self._pace = 0.0

    def page(self, seconds: float = math.inf) -> str:
        """Return the page, as the run stands now.

        Args:
            seconds: about how long simulations may take; designs for which there was no time are left to later pages.
                One design is always there.

        Raises:
            DesignError: there is no valid design yet.
            RunError: the folder is not that of a run, or its records cannot be read.
            MemoryBudgetError: a whole episode of one design does not fit into the memory.
        """
        return render_page(self.gallery(seconds))

    def write(self, seconds: float = math.inf) -> Path:
        """Write the page into the run's folder, whole or not at all, and return its path; see `page`.

        Raises:
            OutputError: the folder cannot be written to.
        """
        path, page = self._folder.report, self.page(seconds)
        files.write_text(path, page, make_folder=False)
        warn_of_size(path, page)
        return path

    def gallery(self, seconds: float = math.inf) -> Gallery:
        """Return what the page shows, see `page`."""
        found = design_map(self._experiment, self._folder)
        spread = () if found is None else spread_over(found)
        shown = select(self._folder, ",".join([f"top{self._designs}", "lineage", *spread]))
        known = {design.identity: self._recordings[design.identity] for design in shown if self._has(design)}
        # What is not shown any more is not kept: a run may have more good designs than fit into the memory.
        self._recordings = known
        self._record([design for design in shown if not self._has(design)], seconds)
        recordings = [self._recordings[design.identity] for design in shown if self._has(design)]
        line = tuple(design.id for design in select(self._folder, "lineage"))
        return Gallery(
            self._experiment.title,
            tuple(recordings),
            history(self._folder),
            self._folder.config_text(),
            self._experiment.trial.units,
            self._summaries.read(line),
            found,
        )

    def _has(self, design: Design) -> bool:
        return design.identity in self._recordings

    def _record(self, designs: Sequence[Design], seconds: float) -> None:
        """Simulate designs, the first ones first, while there is time; at least one is there at the end."""
        left, end = list(designs), time.perf_counter() + seconds
        while left:
            count = len(left)
            if math.isfinite(seconds):
                room = end - time.perf_counter()
                count = min(_TOGETHER, int(room / self._pace)) if self._pace else 1
                count = max(count, 0 if self._recordings else 1)
            if count < 1:
                return
            part, left = left[:count], left[count:]
            begin = time.perf_counter()
            recordings = replay(self._experiment, self._folder, part)
            self._pace = (time.perf_counter() - begin) / len(part)
            self._recordings |= {design.identity: each for design, each in zip(part, recordings, strict=True)}
