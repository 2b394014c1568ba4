"""The outer loop: ask, evaluate, tell, record, generation by generation, from the start or from where a run stopped."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.analysis import NewStarts
from codesign.errors import EvaluatorError
from codesign.evaluate import Evaluator
from codesign.files import remove
from codesign.formats import plans_of
from codesign.run.asynchronous import Arrivals
from codesign.run.best import BestDesign
from codesign.run.checkpoint import Checkpoint
from codesign.run.designs import ENTERED, FROM_SCRATCH, design_id, write_designs
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.from_scratch import FromScratch
from codesign.run.generations import Born, Generations
from codesign.run.identities import Identity, identity_pair
from codesign.run.inheritance import Inheritance, Living
from codesign.run.interruption import Interruption
from codesign.run.last_population import LastPopulation
from codesign.run.listeners import Listener, Listeners, Outcome
from codesign.run.metrics import summarise
from codesign.run.notices import notices_of
from codesign.run.polish import remove_polished
from codesign.run.records import Records, restored
from codesign.run.starts import SeveralStarts
from codesign.run.status import StatusFile
from codesign.search import AsynchronousSearch, Search, start_search
from codesign.signals import kept_from_children

_log = logging.getLogger(__name__)


def evolve(
    experiment: Experiment,
    path: Path,
    config_text: str,
    listener: Listener | None = None,
    inputs: Mapping[str, bytes] | None = None,
) -> Outcome:
    """Run an experiment in a new run folder; a signal ends it after the last finished generation is safe.

    Args:
        experiment: what to run.
        path: the folder; it must not hold a run.
        config_text: the configuration that makes this experiment, YAML, stored for `resume` and for readers.
        listener: told how it goes.
        inputs: content of the files that the configuration names, by the names of the run's own copies; what the
            experiment itself keeps comes on top.

    Raises:
        RunError: the folder holds a run already, or another process writes there.
        OutputError: the folder cannot be written to.
        ConfigError: the evaluator cannot have what it was configured to use.
    """
    folder, listener, interruption = RunFolder(path), listener or Listener(), Interruption()
    inputs = {**(inputs or {}), **experiment.inputs}
    folder.require_unused(inputs)
    # From before the folder is there: whoever sees it may send a signal, and the run is to be gone on with.
    with interruption.handling_signals(), folder.locked(listener.on_notice):
        folder.create(config_text, inputs)
        if experiment.first is not None:
            listener.on_notice(experiment.first.told)
        try:
            return _Evolution(experiment, folder, listener).run(interruption)
        except BaseException:
            # Nothing is left behind of a run that never began, whatever kept it from beginning.
            folder.undo_create()
            raise


def resume(
    experiment: Experiment, path: Path, listener: Listener | None = None, checkpoint: Path | None = None
) -> Outcome:
    """Go on with a run exactly as if it had never stopped.

    Args:
        experiment: the run's, from its own configuration; more generations and another evaluator are welcome.
        path: the run's folder.
        listener: told how it goes.
        checkpoint: manifest to go on from, whatever came after it is computed again; by default the newest that can
            be read.

    Raises:
        RunError: the folder is not that of a run, its records have gaps, or another process writes there.
        CheckpointError: no checkpoint can be read, or it is another experiment's.
    """
    folder, listener, interruption = RunFolder(path), listener or Listener(), Interruption()
    folder.require_run()
    folder.require_own()
    with interruption.handling_signals(), folder.locked(listener.on_notice):
        evolution = _Evolution(experiment, folder, listener)
        evolution.restore(checkpoint)
        return evolution.run(interruption)


class _Evolution:
    """A run in progress."""

    def __init__(self, experiment: Experiment, folder: RunFolder, listener: Listener) -> None:
        self._experiment, self._folder, self._status = experiment, folder, StatusFile(folder)
        self._listener = Listeners([self._status, listener])
        self._records, self._best_design = Records(experiment, folder), BestDesign(experiment, folder)
        self._parents, self._starts = Living(Inheritance(experiment)), SeveralStarts(experiment)
        self._from_scratch = FromScratch(experiment)
        self._use(start_search(experiment.search, experiment.space, experiment.seed))
        self._recorded: dict[str, np.ndarray] | None = None
        self._weights: dict[Identity, np.ndarray] = {}
        self._seconds, self._begin = 0.0, time.perf_counter()
        self._best: str | None = None
        self._new_starts: NewStarts | None = None

    def _use(self, search: Search) -> None:
        """Have designs asked of a search from now on."""
        self._search = search
        if isinstance(search, AsynchronousSearch):
            generations, weights = self._experiment.search.generations, self._experiment.checkpoints.weights
            self._born: Generations | Arrivals = Arrivals(search, self._parents, generations, weights, self._listener)
        else:
            self._born = Generations(search, self._experiment, self._parents, self._starts)

    def restore(self, named: Path | None) -> None:
        """Go back to a checkpoint, by default the newest that can be read, and remove the records made after it."""
        folder = self._folder
        found, faults = self._records.newest(named)
        if found is None:
            self._records.go_back(None)
            return
        self._use(restored(self._experiment, found, folder.checkpoints))
        for fault in faults:
            self._listener.on_notice(f"{fault}; going on from generation {found.generation} instead")
        self._born.restore(found)
        population = self._search.population
        self._seconds, self._recorded = found.seconds, found.search
        self._weights = self._born.weights
        self._records.go_back(found)
        with self._records.writing():
            self._parents.restore(folder, self._born.recorded(population))
            self._from_scratch.restore(folder, population)
            self._starts.restore(population, found.generation, folder)
            self._write_best()

    def run(self, interruption: Interruption) -> Outcome:
        """Run what is left of the generations, until a signal came, which is being heeded."""
        with self._status:
            return self._run(interruption)

    def _run(self, interruption: Interruption) -> Outcome:
        generations = self._experiment.search.generations
        # A run that went on for longer than its configuration says has no less than it has.
        self._listener.on_start(self._folder.path, self._search.generation, max(generations, self._search.generation))
        if self._search.generation:
            self._tell_best()
        self._begin = time.perf_counter() - self._seconds
        try:
            if self._search.generation < generations:
                remove_polished(self._folder)
                self._evolve(generations, interruption)
            if self._search.generation >= generations:
                self._end(interruption)
        except KeyboardInterrupt:
            if interruption.signal is None:
                raise
            _log.info("signal %d came, the state is put away", interruption.signal)
            self._take_back()
        except EvaluatorError as error:
            self._take_back()
            self._save()
            raise self._records.with_way_on(error, self._search.generation) from error
        self._save()
        outcome = self._outcome(interruption.signal)
        self._listener.on_stop(outcome)
        return outcome

    def _take_back(self) -> None:
        """Let the search be as it was when it was recorded last: what was told since is told again by who goes on."""
        if self._recorded is not None:
            self._search.restore(self._recorded)
        else:
            self._search = start_search(self._experiment.search, self._experiment.space, self._experiment.seed)

    def _evolve(self, generations: int, interruption: Interruption) -> None:
        with interruption.interruptible(), kept_from_children():
            evaluator = self._experiment.evaluator.start(self._experiment.trial)
        evaluator.listener = self._listener
        if self._folder.reevaluation.exists():
            with self._records.writing():
                remove(self._folder.reevaluation)
        with evaluator, self._born.begin(evaluator, self._experiment.trial, interruption):
            while self._search.generation < generations and not self._listener.stops:
                self._advance(evaluator, interruption)

    def _end(self, interruption: Interruption) -> None:
        """Let the best of the last population learn on, and learn from new starts, where that is asked for."""
        if not self._search.generation:
            return
        last = LastPopulation(
            *(self._experiment, self._folder, self._records),
            *(self._search.population, self._search.generation - 1, self._listener),
        )
        self._save()
        if last.polish(interruption):
            with self._records.writing():
                self._write_best()
        self._new_starts = last.reevaluate(self._starts, interruption)
        if self._new_starts is not None:
            with self._records.writing():
                self._write_best()

    def _advance(self, evaluator: Evaluator, interruption: Interruption) -> None:
        """Evaluate, select, record and tell one generation; a signal interrupts only the first, and what comes last."""
        begin = time.perf_counter()
        generation, weights = self._search.generation, self._search.operator_weights
        born = self._born.advance(interruption)
        population = self._search.population
        with interruption.interruptible():
            self._from_scratch.teach(evaluator, population, generation)
        further = self._further(born)
        now = time.perf_counter()
        own = now - begin, now - self._begin, self._from_scratch.robot_steps
        apart = self._search.islands, weights if generation else None
        metrics = summarise(generation, population, born.evaluations, *own, *apart, born.speed)
        with self._records.writing():
            self._starts.write(self._folder, generation)
            write_designs(self._folder.designs, generation, born.designs, born.evaluations, born.inherited, further)
            self._parents.write(self._folder, generation)
            self._folder.append_metrics({**metrics.row(), **self._from_scratch.numbers()})
        self._recorded, self._weights = self._search.state(), self._born.weights
        due = self._records.finish(
            Checkpoint(
                generation,
                self._recorded,
                self._weights,
                self._born.curves,
                now - self._begin,
                self._experiment.fingerprint(),
                self._born.state(),
            )
        )
        if due:
            self._save()
        _log.info("generation %d recorded after %.3f s", generation, metrics.generation_seconds)
        self._tell_best()
        self._listener.on_generation(metrics, design_id(*population.identities[0].tolist()))
        for notice in notices_of(metrics):
            self._listener.on_notice(notice)
        with interruption.interruptible():
            self._listener.between_generations()

    def _further(self, born: Born) -> dict[str, np.ndarray]:
        """Return further numbers of designs by the names of their columns in tables."""
        search, found = self._experiment.search, dict(born.further)
        taught = self._from_scratch.of(born.designs)
        if taught is not None:
            found[FROM_SCRATCH] = taught
        if not search.selects_fittest or search.several_starts or search.islands > 1:
            members = set(map(identity_pair, self._search.population.identities.tolist()))
            entered = [identity_pair(own) in members for own in born.designs.identities.tolist()]
            found[ENTERED] = np.array(entered, dtype=np.int8)
        return found

    def _tell_best(self) -> None:
        """Tell of the best design so far, if it is another than was told of."""
        best = self._search.population.take(np.array([0]))
        name, fitness = design_id(*best.identities[0].tolist()), float(best.fitness[0])
        if np.isfinite(fitness) and name != self._best:
            self._best = name
            (plan,) = plans_of(best.genomes, self._experiment.trial.lattice, [name])
            self._listener.on_best(replace(plan, fitness=fitness))

    def _save(self) -> None:
        """Write a checkpoint of the state after the last finished generation, and its best, unless they are there."""
        if self._records.save():
            with self._records.writing():
                self._write_best()

    def _write_best(self) -> None:
        self._best_design.write(self._search.population, self._weights, self._new_starts)

    def _outcome(self, signal: int | None) -> Outcome:
        finished = self._search.generation
        best, fitness = None, None
        if finished and np.isfinite(self._search.population.fitness[0]):
            best = design_id(*self._search.population.identities[0].tolist())
            fitness = float(self._search.population.fitness[0])
        seconds = time.perf_counter() - self._begin
        generations = self._experiment.search.generations
        return Outcome(self._folder.path, finished, generations, signal, best, fitness, seconds, self._new_starts)
