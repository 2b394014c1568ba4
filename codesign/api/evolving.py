"""Evolving from Python: beginning runs and going on with them."""

import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesign.api.first_designs import AnyFirst, first_designs_of
from codesign.api.mistakes import in_python, path_of
from codesign.api.problem import Problem
from codesign.api.runs import Run
from codesign.errors import ConfigError
from codesign.evaluate import EvaluatorSettings, MemoryEstimate
from codesign.genome import VariationSettings
from codesign.plugins import main_entries_in
from codesign.run import Delivery, Listener, Listeners, Metrics, Outcome, ReportWriter, RunFolder
from codesign.run import evolve as begin
from codesign.run import resume as go_on
from codesign.search import SearchSettings
from codesign.signals import Stopped

if TYPE_CHECKING:
    from codesign.api.configuration import Configured

Callback = Callable[[Metrics], bool | None]
"""Called after every generation; the run ends there if it returns True."""

_log = logging.getLogger(__name__)


def evolve(
    problem: Problem,
    folder: str | Path,
    *,
    generations: int | None = None,
    first: AnyFirst | None = None,
    search: str | Mapping[str, Any] | SearchSettings | None = None,
    mutation: str | Mapping[str, Any] | VariationSettings | None = None,
    evaluator: str | Mapping[str, Any] | EvaluatorSettings = "local",
    checkpoints: Mapping[str, Any] | None = None,
    title: str | None = None,
    callback: Callback | None = None,
    progress: bool = False,
    page: bool = True,
) -> Run:
    """Evolve bodies for a problem and return the run, whose folder the command line can go on with and export.

    Called again with the same problem and folder it goes on with the run, as if it had never stopped, to as many
    generations as are asked for now. An interruption (Ctrl-C, the stop button of a notebook) ends it after the last
    finished generation is safe, and is raised then.

    Args:
        problem: what to evolve for.
        folder: the run's folder: a new one, or that of this very run.
        generations: of the whole run.
        first: bodies to begin with, which random ones fill up: genomes, what `codesign.load` returned, designs of a
            run, a list of these, or files. The run keeps a record of them. Of more than the population has room for the
            fittest are taken, where their fitness is known.
        search: "genetic" or "random", settings, or a mapping: {"population_size": 50}.
        mutation: "default" or "flips", or a mapping: {"weights": {"flip": 1.0}}.
        evaluator: "local" for this process, or "ray" for all cores or a cluster.
        checkpoints: how often the state is put away: {"every": 10}.
        title: what the run is called; by default what was chosen.
        callback: called with the `codesign.run.Metrics` of every generation; the run ends where it returns True.
        progress: whether a line is printed after every generation.
        page: whether `report.html` is written into the folder, the page about the run, while it goes on and at the end.

    Raises:
        ConfigError: settings out of range, or a folder that holds a run with other settings.
        GenomeError, FormatError: bodies to begin with that do not fit on the problem's lattice.
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

    path = path_of("folder", folder)
    _require_problem(problem)
    _require_callback(callback)
    if first is not None and isinstance(search, Mapping) and search.get("first") is not None:
        raise ConfigError("bodies to begin with once", 'first and search["first"]', "leave one out")
    configured = configuration.changed(
        problem._configured,
        {"search": search, "mutation": mutation, "evaluator": evaluator, "checkpoints": checkpoints},
        {"title": title},
    )
    values: dict[str, Any] = {} if generations is None else {"generations": generations}
    given = []
    if first is not None:
        values["first"], given = first_designs_of(first, configured.experiment.trial.lattice)
    if values:
        configured = configuration.changed(configured, {"search": values}, {}, given)
    if configured.foreign:
        named = ", ".join(f"{argument}={type(value).__name__}(...)" for argument, value in configured.foreign.items())
        remedy = "call codesign.register with the class in a module of its own, or evaluate without a run"
        raise ConfigError("settings of registered classes for a run", named, remedy)
    return _advanced(configured, path, callback, progress=progress, page=page)


def resume(
    folder: str | Path,
    *,
    generations: int | None = None,
    evaluator: str | Mapping[str, Any] | EvaluatorSettings = "local",
    callback: Callback | None = None,
    progress: bool = False,
    page: bool = True,
) -> Run:
    """Go on with a run where it stopped, as if it had never stopped, and return it.

    Args:
        folder: the run's, whether Python or the command line began it.
        generations: of the whole run; those it was begun with if not given.
        evaluator: as in `evolve`.
        callback: as in `evolve`.
        progress: as in `evolve`.
        page: as in `evolve`.

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

    path = path_of("folder", folder)
    _require_callback(callback)
    stored = configuration.of_folder(path)
    search = None if generations is None else {"generations": generations}
    configured = configuration.changed(stored, {"search": search, "evaluator": evaluator}, {})
    return _advanced(configured, path, callback, progress=progress, page=page)


def _require_problem(problem: Any) -> None:
    if not isinstance(problem, Problem):
        remedy = 'make one first, as in codesign.Problem(task="walk")'
        raise ConfigError("problem as a codesign.Problem", repr(problem), remedy)


def _require_callback(callback: Any) -> None:
    if callback is not None and not callable(callback):
        raise ConfigError("callback as a function of the generation's metrics", repr(callback), "give a function")


def _advanced(configured: "Configured", path: Path, callback: Callback | None, *, progress: bool, page: bool) -> Run:
    """Begin a run or go on with it, and return it.

    Raises:
        Stopped: a signal ended it; what was finished is safe.
    """
    from codesign.api import configuration  # noqa: PLC0415 - as above

    configured, inputs = configuration.for_folder(configured, RunFolder(path))
    _require_findable(configured)
    experiment = configured.experiment
    with in_python(), ExitStack() as stack:
        MemoryEstimate.of_search(experiment.trial, experiment.evaluator)
        deliveries = [stack.enter_context(Delivery(each, configured.config)) for each in configured.loggers]
        told, logger = _Told(callback), configured.config["logger"]
        writer = ReportWriter(
            experiment, designs=logger["page_designs"], every=logger["page_seconds"], tell=told.on_notice
        )
        listeners = [told, *([_Printed()] if progress else []), *deliveries, *([writer] if page else [])]
        listener = Listeners(listeners)
        if inputs is None:
            for notice in configuration.plugin_notices(RunFolder(path)):
                listener.on_notice(notice)
            outcome = go_on(experiment, path, listener)
        else:
            outcome = begin(experiment, path, configuration.to_yaml(configured.config), listener, inputs)
        if page:
            writer.finish(outcome)
        if outcome.signal is not None:
            raise _interrupted(outcome)
    return Run(path)


def _require_findable(configured: "Configured") -> None:
    """Check that a run's workers and readers can have the classes that it uses, or tell that they cannot.

    Raises:
        ConfigError: it is to be evaluated by other processes, which cannot have those of the program itself.
    """
    entries = main_entries_in(configured.config)
    if not entries:
        return
    got = f"the {' and the '.join(entries)}, which this program itself registers"
    if configured.config["evaluator"]["name"] != "local":
        remedy = 'put it into a module of its own and import that, or evaluate with evaluator="local"'
        raise ConfigError("plug-ins of modules, which other processes can import", got, remedy)
    _log.warning("This run uses %s: it opens only where that is registered; a module can be named by plugins=.", got)


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


class _Printed(Listener):
    """Prints a line about every generation."""

    def __init__(self) -> None:
        self._generations = 0

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        del folder, finished
        self._generations = generations

    def on_generation(self, metrics: Metrics, best: str) -> None:
        numbers = "no valid design yet"
        if metrics.best_fitness is not None and metrics.mean_fitness is not None:
            numbers = f"best {metrics.best_fitness:.3f} ({best}), mean {metrics.mean_fitness:.3f}"
        count = f"generation {metrics.generation}/{self._generations - 1}"
        sys.stdout.write(f"{count}  {numbers}, {metrics.generation_seconds:.1f} s\n")
        sys.stdout.flush()
