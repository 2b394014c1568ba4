"""Runs from Python: looking at what they left."""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesign.analysis import Comparison, NewStarts, RunSummary
from codesign.api.exporting import export_plan
from codesign.api.genomes import counted, several_of
from codesign.api.mistakes import in_python, path_of
from codesign.api.problem import Problem
from codesign.errors import CodesignError, ConfigError, DesignError
from codesign.evaluate import EVALUATORS, EvaluatorSettings
from codesign.export import History, Recording, page_in_frame
from codesign.landscape import LandscapeSettings
from codesign.run import (
    Design,
    DesignTables,
    Experiment,
    Lifespans,
    RunFolder,
    StartTables,
    SummaryReader,
    galleries,
    gallery,
    history,
    lifespans,
    metrics_table,
    populations,
    read_new_starts,
    replay,
    require_design_map,
    select,
)
from codesign.search import Individuals
from codesign.trainability import AnalysisSettings, Findings
from codesign.transfer import Transfer, TransferSettings, require_mujoco, transfer

if TYPE_CHECKING:
    import pyarrow

_SHOWN = 3
"""Best designs that a run shows in a notebook."""


class Run:
    """A run, finished or not, in its folder. It is read when it is asked, so what it says is of this moment.

    It shows itself in a notebook, with its best designs moving, and prints.

    Args:
        folder: the run's.

    Raises:
        RunError: the folder is not that of a run.

    Attributes:
        folder: where it is.

    Example:
        >>> import codesign
        >>> run = codesign.open_run("runs/demo")
        >>> run.designs.num_rows, run.designs.column("generation").to_pylist()[-1]
        (18, 2)
        >>> run.recording(run.best.id).design == run.best.id
        True
        >>> run.problem.evaluate(run.select("top5")).fitness.shape
        (5,)
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = path_of("folder", folder)
        self._page: tuple[str, str] | None = None
        self._files = RunFolder(self.folder)
        with in_python():
            self._files.require_run()

    @cached_property
    def problem(self) -> Problem:
        """What was evolved for: the problem that evaluates designs just as the run did.

        Raises:
            RunError: the run's configuration cannot be read.
        """
        return Problem.of_run(self.folder)

    @property
    def metrics(self) -> "pyarrow.Table":
        """The numbers of every finished generation as an Arrow table, a row each (`codesign.run.Metrics`)."""
        with in_python():
            return metrics_table(self._files)

    @property
    def designs(self) -> "pyarrow.Table":
        """All designs that were ever evaluated as an Arrow table, a row each; `to_pandas()` makes a frame of it."""
        with in_python():
            return DesignTables(self._files).table()

    @property
    def curves(self) -> History:
        """How fitness rose: best and mean of the population after every generation."""
        with in_python():
            return history(self._files)

    @property
    def summary(self) -> RunSummary:
        """The run in numbers, generation by generation: quartiles before and after learning, sizes, operators, speed.

        Example:
            >>> import codesign
            >>> summary = codesign.open_run("runs/demo").summary
            >>> len(summary.after.median) == len(summary.generations), sorted(summary.statuses)
            (True, ['ok'])
        """
        with in_python():
            return SummaryReader(self._files, self.experiment.search.generations).read()

    def populations(self) -> Iterator[Individuals]:
        """Yield the population after each generation, from generation 0 on, best first; nothing is simulated.

        Example:
            >>> import codesign
            >>> run = codesign.open_run("runs/demo")
            >>> {len(population) for population in run.populations()}
            {6}
        """
        with in_python():
            yield from populations(self.experiment, self._files)

    @property
    def lifespans(self) -> Lifespans:
        """Until which generation each design lived.

        Example:
            >>> import codesign
            >>> run = codesign.open_run("runs/demo")
            >>> lifespans = run.lifespans
            >>> len(lifespans.died) == run.designs.num_rows, int((lifespans.survived_until == 2).sum())
            (True, 6)
        """
        with in_python():
            return lifespans(self.experiment, self._files)

    @property
    def reevaluated(self) -> NewStarts | None:
        """What the best designs are worth from starts that had no part in their selection.

        A finished run with `search.final_designs` has it; None where there is nothing.
        """
        with in_python():
            return read_new_starts(self._files)

    @property
    def starts(self) -> "pyarrow.Table":
        """Evaluations of designs from further starts than their first as an Arrow table, a row each; empty for none."""
        with in_python():
            return StartTables(self._files).table()

    @property
    def best(self) -> Design:
        """The best design, with its genome.

        Raises:
            DesignError: there is no valid design yet.
        """
        return self.select("best")[0]

    def select(self, selection: str | Sequence[str]) -> list[Design]:
        """Return designs, the best first.

        Args:
            selection: "best", "top5", "lineage", "generation:3", an id such as "g012-i0007", or several of these with
                commas between, or as a list.

        Raises:
            DesignError: a selection of another form, or one that the run has nothing for.
        """
        words = [selection] if isinstance(selection, str) else selection
        if not isinstance(words, list | tuple) or not words or not all(isinstance(word, str) for word in words):
            raise DesignError("a selection such as best, top5 or an id", repr(selection), 'ask for example for "top5"')
        with in_python():
            return select(self._files, ",".join(words))

    def recording(self, design: str | Design = "best") -> Recording:
        """Return how a design moves, before and after it has learned; it is simulated again, just as it was.

        Args:
            design: the design, its id, or a selection, of which the first is meant.

        Raises:
            DesignError: the run has no such design.
        """
        return self.recordings(self.select(design)[:1] if isinstance(design, str) else design)[0]

    def recordings(
        self, designs: str | Design | Iterable[str] | Iterable[Design] = "top5", *, every_step: bool = False
    ) -> list[Recording]:
        """Return how several designs move, see `recording` and `select`.

        Args:
            designs: the designs, their ids, or a selection.
            every_step: whether there is a frame for each step of the simulation, or 50 a second.

        Raises:
            DesignError: the run has no such design.
        """
        with in_python():
            return replay(self.experiment, self._files, self._chosen(designs), every_step=every_step)

    def transfer(
        self, designs: str | Design | Iterable[str] | Iterable[Design] = "best", **settings: Any
    ) -> list[Transfer]:
        """Return what designs come to in another simulator, MuJoCo, as `codesign transfer` says.

        Args:
            designs: the designs, their ids, or a selection.
            settings: fields of `codesign.transfer.TransferSettings`, such as `substeps=(1, 4)` or `spread=0.1`.

        Raises:
            DesignError: the run has no such design.
            ConfigError: MuJoCo is not installed, or a setting that does not exist or is out of range.
            RecordingError: a design whose motion diverges.
        """
        known = sorted(each.name for each in fields(TransferSettings))
        for name in settings:
            if name not in known:
                raise ConfigError(f"settings of a transfer ({', '.join(known)})", repr(name), "leave it out")
        with in_python():
            require_mujoco()
            return transfer(self.recordings(designs, every_step=True), TransferSettings(**settings))

    def _chosen(self, designs: str | Design | Iterable[str] | Iterable[Design]) -> list[Design]:
        several = several_of(designs)
        if several and all(isinstance(each, str) for each in several):
            several = self.select(several)
        strangers = [each for each in several if not isinstance(each, Design)]
        if strangers or not several:
            got = repr(strangers[0]) if strangers else "none"
            raise DesignError("designs of the run, or a selection of them", got, 'ask for example for "best"')
        return several

    def export(
        self,
        formats: str | Sequence[str] = "html",
        designs: str | Design | Iterable[str] | Iterable[Design] = "best",
        output: str | Path | None = None,
        *,
        when: str | Sequence[str] | None = None,
        overwrite: bool = False,
        **settings: Any,
    ) -> list[Path]:
        """Write files of designs, as `codesign export` does, and return them.

        Args:
            formats: what to write: "html", "mp4", "glb" and so on (docs/export.md), or a list of these.
            designs: designs, or a selection of them, see `select`.
            output: folder; by default `export` in the run's.
            when: "before", "after" or both: which motion is shown; None for what each format shows by itself.
            overwrite: whether files that are there already are replaced.
            settings: those of the formats by their section, as in `film={"width": 640}`.

        Raises:
            ConfigError: a format, motion or setting that there is none of, or a library that is missing.
            DesignError: the run has no such design.
            RunError: a map is to be written, and the run's search keeps none.
            OutputError: a file is there already, or the folder cannot be written to.

        Example:
            >>> import codesign, tempfile
            >>> run = codesign.open_run("runs/demo")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     print(*(path.suffix for path in run.export(["html", "json"], "best", folder)))
            .json .html
        """
        chosen = self._chosen(designs)
        ids = [design.id for design in chosen]
        several = designs.replace(":", "-").replace(",", "-") if isinstance(designs, str) else "designs"
        folder = self._files.path / "export" if output is None else path_of("output", output)
        with in_python():
            stem = ids[0] if len(ids) == 1 else several
            plan = export_plan(formats, ids, stem, folder, when, settings, overwrite=overwrite)
            if any(each.shows_map for each in plan.exporters):
                require_design_map(self.experiment, self._files)
            return list(plan.write(galleries(self.experiment, self._files, chosen)))

    @property
    def experiment(self) -> Experiment:
        """The run's definition: how designs are evaluated, vary and are chosen.

        Raises:
            RunError: the run's configuration cannot be read.
        """
        return self.problem._configured.experiment

    def __str__(self) -> str:
        """Return in a few lines what was run, how far it is, and how good it is."""
        curves = self.curves
        finished, generations = len(curves.generations), self.experiment.search.generations
        lines = [f"{self.experiment.title} in {self.folder}", f"  {self.problem!r}"]
        done = f"{finished} of " if finished < generations else ""
        lines.append(f"  {done}{counted(generations if done else finished, 'generation')}")
        try:
            best = self.best
        except DesignError:
            return "\n".join([*lines, "  no valid design yet"])
        fitness = f"{best.fitness:.3f} {self.experiment.trial.units.get('fitness', '')}".rstrip()
        found = self.reevaluated
        lines.append(f"  best {best.id} with fitness {fitness}: {best.masses} masses, {best.muscles} muscles")
        if found is not None:
            lines.append(f"  best {found}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"open_run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """Return the page of the best designs for notebooks; how fitness rose, where they cannot be shown."""
        told = str(self)
        if self._page is None or self._page[0] != told:  # the run has gone on
            self._page = told, self._shown()
        return f"<pre>{html.escape(told)}</pre>{self._page[1]}"

    def _shown(self) -> str:
        try:
            return page_in_frame(gallery(self.experiment, self._files, f"top{_SHOWN}"))
        except CodesignError:
            return self.curves._repr_html_()


def open_run(folder: str | Path) -> Run:
    """Return the run in a folder, finished or not.

    Raises:
        RunError: the folder is not that of a run.

    Example:
        >>> import codesign
        >>> run = codesign.open_run("runs/demo")
        >>> run.metrics.column("generation").to_pylist()
        [0, 1, 2]
        >>> run.best.fitness == max(run.designs.column("fitness").to_pylist())
        True
    """
    return Run(folder)


def compare(runs: Sequence[str | Path | Run]) -> Comparison:
    """Return runs side by side, finished or not: grouped where they differ in their seed alone, with what else differs.

    `codesign.export.render_comparison` makes the page of it that `codesign analyze` writes.

    Args:
        runs: runs, or folders of runs or of sweeps.

    Raises:
        RunError: none of them can be read; of several, those that cannot are named in `Comparison.unreadable`.

    Example:
        >>> import codesign
        >>> found = codesign.compare(["runs/demo"])
        >>> len(found.groups), found.runs[0].final == codesign.open_run("runs/demo").best.fitness
        (1, True)
    """
    from codesign.cli.experiments import comparison_of  # noqa: PLC0415 - only who reads configurations loads Hydra

    with in_python():
        return comparison_of([run.folder if isinstance(run, Run) else path_of("runs", run) for run in several_of(runs)])


def analyze(
    runs: Sequence[str | Path | Run],
    output: str | Path = "analysis",
    *,
    evaluator: str | EvaluatorSettings = "local",
    **settings: Any,
) -> Findings:
    """Return what designs of runs learn from new starts, beside random bodies, those of their size, and the best.

    `codesign.trainability.write_findings` writes the tables, figures and page that `codesign analyze` does. What was
    learned is kept in the folder, so that a call that was interrupted, or asks for more, goes on.

    Args:
        runs: runs, or folders of runs or of sweeps; random searches among them serve as baseline.
        output: folder in which what was learned is kept.
        evaluator: "local", "ray", or settings of one.
        settings: fields of `codesign.trainability.AnalysisSettings`, such as `inits=16` or `generations=(0, "last")`;
            `landscape` may be `codesign.landscape.LandscapeSettings`.

    Raises:
        ConfigError: a setting that there is none of or that is out of range, or runs that cannot be compared.
        RunError: a folder that is not that of a run.
        OutputError: the folder cannot be written to.

    Example:
        >>> import codesign
        >>> found = codesign.analyze(["runs/demo"], inits=2, designs=2, copies=0, baseline=("random",), draws=100)
        >>> found.groups, found.medians["last", "gain"].value > 0.0
        (('random', 'last'), True)
    """
    from codesign.cli.experiments import analysis_of  # noqa: PLC0415 - as above

    known = {item.name for item in fields(AnalysisSettings)}
    for name in settings:
        if name not in known:
            raise ConfigError(f"settings of an analysis ({', '.join(sorted(known))})", repr(name), "leave it out")
    for name in ("baseline", "generations"):
        if name in settings:
            settings[name] = tuple(several_of(settings[name]))
    named = isinstance(evaluator, str) and evaluator in EVALUATORS
    if not (named or isinstance(evaluator, EvaluatorSettings)):
        raise ConfigError(f"evaluator to be one of {', '.join(EVALUATORS)}", repr(evaluator), "choose one of these")
    chosen = EVALUATORS[evaluator]() if isinstance(evaluator, str) else evaluator
    landscape = settings.get("landscape")
    if isinstance(landscape, LandscapeSettings):
        settings["landscape"] = True
    with in_python():
        asked = AnalysisSettings(**settings)
        paths = [run.folder if isinstance(run, Run) else path_of("runs", run) for run in several_of(runs)]
        around = landscape if isinstance(landscape, LandscapeSettings) else None
        return analysis_of(paths, asked, chosen, path_of("output", output), landscape=around).run()
