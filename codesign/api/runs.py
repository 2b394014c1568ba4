"""Runs from Python: starting them, going on with them, and looking at what they left."""

import html
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesign.api.mistakes import in_python
from codesign.api.problem import Problem
from codesign.errors import CodesignError, ConfigError, DesignError
from codesign.evaluate import EvaluatorSettings, MemoryEstimate
from codesign.export import History, Recording, page_in_frame
from codesign.genome import VariationSettings
from codesign.run import (
    Delivery,
    Design,
    DesignTables,
    Experiment,
    Listener,
    Listeners,
    Metrics,
    Outcome,
    RunFolder,
    gallery,
    history,
    metrics_table,
    replay,
    select,
)
from codesign.run import evolve as begin
from codesign.run import resume as go_on
from codesign.search import SearchSettings
from codesign.signals import Stopped

if TYPE_CHECKING:
    import pyarrow

    from codesign.api.configuration import Configured

Callback = Callable[[Metrics], bool | None]
"""Called after every generation; the run ends there if it returns True."""

_SHOWN = 3
"""Best designs that a run shows in a notebook."""

_log = logging.getLogger(__name__)


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
        self.folder = Path(folder)
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
    def best(self) -> Design:
        """The best design, with its genome.

        Raises:
            DesignError: there is no valid design yet.
        """
        return self.select("best")[0]

    def select(self, selection: str) -> list[Design]:
        """Return designs, the best first.

        Args:
            selection: "best", "top5", "lineage", "generation=3", an id such as "g012-i0007", or several of these with
                commas between.

        Raises:
            DesignError: a selection of another form, or one that the run has nothing for.
        """
        with in_python():
            return select(self._files, selection)

    def recording(self, design: str | Design = "best") -> Recording:
        """Return how a design moves, before and after it has learned; it is simulated again, just as it was.

        Args:
            design: the design, its id, or a selection, of which the first is meant.

        Raises:
            DesignError: the run has no such design.
        """
        return self.recordings(design)[0]

    def recordings(self, designs: str | Design | list[Design] = "top5") -> list[Recording]:
        """Return how several designs move, see `recording` and `select`."""
        if isinstance(designs, str):
            designs = self.select(designs)
        several = [designs] if isinstance(designs, Design) else list(designs)
        if not several:
            raise DesignError("at least one design", "none", 'ask for example for "best"')
        with in_python():
            return replay(self._experiment, self._files, several)

    @property
    def _experiment(self) -> Experiment:
        return self.problem._configured.experiment

    def __str__(self) -> str:
        """Return in a few lines what was run, how far it is, and how good it is."""
        curves = self.curves
        finished, generations = len(curves.generations), self._experiment.search.generations
        lines = [f"{self._experiment.title} in {self.folder}", f"  {self.problem!r}"]
        lines.append(
            f"  {finished} generations" if finished >= generations else f"  {finished} of {generations} generations"
        )
        try:
            best = self.best
        except DesignError:
            return "\n".join([*lines, "  no valid design yet"])
        lines.append(f"  best {best.id} with fitness {best.fitness:.3f}: {best.masses} masses, {best.muscles} muscles")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"open_run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """Return the page of the best designs for notebooks; how fitness rose, where they cannot be shown."""
        told = f"<pre>{html.escape(str(self))}</pre>"
        try:
            return told + page_in_frame(gallery(self._experiment, self._files, f"top{_SHOWN}"))
        except CodesignError:
            return told + self.curves._repr_html_()


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


def evolve(
    problem: Problem,
    folder: str | Path,
    *,
    generations: int | None = None,
    search: str | Mapping[str, Any] | SearchSettings | None = None,
    mutation: str | Mapping[str, Any] | VariationSettings | None = None,
    evaluator: str | Mapping[str, Any] | EvaluatorSettings = "local",
    checkpoints: Mapping[str, Any] | None = None,
    title: str | None = None,
    callback: Callback | None = None,
) -> Run:
    """Evolve bodies for a problem and return the run, whose folder the command line can go on with and export.

    Called again with the same problem and folder it goes on with the run, as if it had never stopped, to as many
    generations as are asked for now. An interruption (Ctrl-C, the stop button of a notebook) ends it after the last
    finished generation is safe, and is raised then.

    Args:
        problem: what to evolve for.
        folder: the run's folder: a new one, or that of this very run.
        generations: of the whole run.
        search: "genetic" or "random", settings, or a mapping: {"population_size": 50}.
        mutation: "default" or "flips", or a mapping: {"weights": {"flip": 1.0}}.
        evaluator: "local" for this process, or "ray" for all cores or a cluster.
        checkpoints: how often the state is put away: {"every": 10}.
        title: what the run is called; by default what was chosen.
        callback: called with the `codesign.run.Metrics` of every generation; the run ends where it returns True.

    Raises:
        ConfigError: settings out of range, or a folder that holds a run with other settings.
        RunError: another process writes there, or the folder holds something else.
        MemoryBudgetError: a design that the search may come to does not fit into the memory.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(experiment="demo", body={"rows": 3, "columns": 4},
        ...                            physics={"steps": 60}, learner={"iterations": 3})
        >>> run = codesign.evolve(problem, "runs/mine", generations=2, search={"population_size": 6})
        >>> len(run.designs), run.metrics.column("generation").to_pylist()
        (12, [0, 1])
    """
    from codesign.api import configuration  # noqa: PLC0415 - only who composes loads Hydra

    values: dict[str, Any] = {} if generations is None else {"generations": generations}
    if isinstance(search, Mapping):
        search = {**search, **values}
    configured = configuration.changed(
        problem._configured,
        {"search": search, "mutation": mutation, "evaluator": evaluator, "checkpoints": checkpoints},
        {"title": title},
    )
    if values and not isinstance(search, Mapping):
        configured = configuration.changed(configured, {"search": values}, {})
    if configured.foreign:
        named = ", ".join(f"{argument}={type(value).__name__}(...)" for argument, value in configured.foreign.items())
        remedy = "call codesign.register with the class in a module of its own, or evaluate without a run"
        raise ConfigError("settings of registered classes for a run", named, remedy)
    return _advanced(configured, Path(folder), callback)


def resume(
    folder: str | Path,
    *,
    generations: int | None = None,
    evaluator: str | Mapping[str, Any] | EvaluatorSettings = "local",
    callback: Callback | None = None,
) -> Run:
    """Go on with a run where it stopped, as if it had never stopped, and return it.

    Args:
        folder: the run's, whether Python or the command line began it.
        generations: of the whole run; those it was begun with if not given.
        evaluator: as in `evolve`.
        callback: as in `evolve`.

    Raises:
        RunError: the folder is not that of a run, or another process writes there.
        CheckpointError: no checkpoint can be read.

    Example:
        >>> import codesign
        >>> run = codesign.resume("runs/demo", generations=4)
        >>> run.metrics.num_rows
        4
    """
    from codesign.api import configuration  # noqa: PLC0415 - as above

    stored = configuration.of_folder(Path(folder))
    search = None if generations is None else {"generations": generations}
    return _advanced(
        configuration.changed(stored, {"search": search, "evaluator": evaluator}, {}), Path(folder), callback
    )


def _advanced(configured: "Configured", path: Path, callback: Callback | None) -> Run:
    """Begin a run or go on with it, and return it.

    Raises:
        Stopped: a signal ended it; what was finished is safe.
    """
    from codesign.api import configuration  # noqa: PLC0415 - as above

    configured, inputs = configuration.for_folder(configured, RunFolder(path))
    experiment = configured.experiment
    with in_python(), ExitStack() as stack:
        MemoryEstimate.of_search(experiment.trial, experiment.evaluator)
        deliveries = [stack.enter_context(Delivery(each, configured.config)) for each in configured.loggers]
        listener = Listeners([_Told(callback), *deliveries])
        if inputs is None:
            outcome = go_on(experiment, path, listener)
        else:
            outcome = begin(experiment, path, configuration.to_yaml(configured.config), listener, inputs)
    if outcome.signal is not None:
        raise _interrupted(outcome)
    return Run(path)


def _interrupted(outcome: Outcome) -> Stopped:
    stopped = Stopped(outcome.signal or 0)
    safe = f"{outcome.finished} of {outcome.generations} generations are safe"
    stopped.add_note(f"{safe}; go on with codesign.resume({str(outcome.folder)!r})")
    return stopped


class _Told(Listener):
    """Calls a function after every generation, and puts what the user should know into the log."""

    def __init__(self, callback: Callback | None) -> None:
        self._callback, self._stops = callback, False

    @property
    def stops(self) -> bool:
        return self._stops

    def on_notice(self, text: str) -> None:
        _log.warning("%s", text)

    def on_generation(self, metrics: Metrics, best: str) -> None:
        del best
        if self._callback is not None and self._callback(metrics) is True:
            self._stops = True
