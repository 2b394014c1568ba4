"""The outer loop: ask, evaluate, tell, record, generation by generation, from the start or from where a run stopped."""

import logging
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.analysis import NewStarts
from codesign.errors import CheckpointError, EvaluatorError, GenomeError, OutputError
from codesign.evaluate import EvaluationStream, Evaluator, Request, elimination_thresholds
from codesign.files import remove
from codesign.formats import plans_of
from codesign.plugins import loaded
from codesign.run import checkpoint as checkpoints
from codesign.run.asynchronous import Arrivals, Born
from codesign.run.best import write_best
from codesign.run.checkpoint import Checkpoint
from codesign.run.curves import Curves
from codesign.run.design_tables import DesignTables
from codesign.run.designs import FROM_SCRATCH, ISLAND, design_id, write_designs
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.from_scratch import FromScratch
from codesign.run.inheritance import Inheritance, Living
from codesign.run.interruption import Interruption
from codesign.run.kept_weights import kept, needed
from codesign.run.learning_again import learn_again
from codesign.run.listeners import Listener, Listeners, Outcome
from codesign.run.metrics import summarise
from codesign.run.notices import notices_of
from codesign.run.parent_weights import identity_pair
from codesign.run.polish import polish, read_polished, remove_polished
from codesign.run.reevaluation import from_new_starts, read_new_starts, write_new_starts
from codesign.run.replay import learned_weights
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


def restored(experiment: Experiment, checkpoint: Checkpoint, path: Path) -> Search:
    """Return a search that goes on from a checkpoint.

    Args:
        experiment: the run's.
        checkpoint: the state.
        path: where it was found, for errors.

    Raises:
        CheckpointError: it is another experiment's, or none that this search can have had.
    """
    checkpoints.check_experiment(checkpoint, experiment, path)
    search = start_search(experiment.search, experiment.space, experiment.seed)
    try:
        search.restore(checkpoint.search)
        if experiment.trial.learner.in_generation(1).rungs:
            checkpoint.curves.of(search.population.identities)
    except (ValueError, KeyError, GenomeError) as error:
        raise CheckpointError("a checkpoint of this search", f"{path} ({error})", "start a new run") from error
    return search


class _Evolution:
    """A run in progress."""

    def __init__(self, experiment: Experiment, folder: RunFolder, listener: Listener) -> None:
        self._experiment, self._folder, self._status = experiment, folder, StatusFile(folder)
        self._listener = Listeners([self._status, listener])
        self._search: Search = start_search(experiment.search, experiment.space, experiment.seed)
        self._weights: dict[tuple[int, int], np.ndarray] = {}
        self._learned_again: dict[tuple[int, int], np.ndarray] = {}
        self._curves = Curves.none()
        self._parents = Living(Inheritance(experiment))
        self._arrivals = self._new_arrivals()
        self._from_scratch = FromScratch(experiment)
        self._recorded: dict[str, np.ndarray] | None = None
        self._starts = SeveralStarts(experiment)
        self._seconds, self._begin = 0.0, time.perf_counter()
        self._finished: Checkpoint | None = None
        self._saved = -1
        self._best: str | None = None
        self._new_starts: NewStarts | None = None

    def restore(self, named: Path | None) -> None:
        """Go back to a checkpoint, by default the newest that can be read, and remove the records made after it."""
        folder = self._folder
        if named is not None:
            found, faults = checkpoints.load(named), []
        else:
            found, faults = checkpoints.newest_intact(folder.checkpoints)
        if found is None:
            self._require_early_end()
            folder.roll_back(-1)
            return
        self._search = restored(self._experiment, found, folder.checkpoints)
        for fault in faults:
            self._listener.on_notice(f"{fault}; going on from generation {found.generation} instead")
        self._weights, self._curves = found.weights, found.curves if self._races else Curves.none()
        self._arrivals = self._new_arrivals()
        known = self._search.population
        if self._arrivals is not None:
            self._arrivals.restore(found)
            known = self._arrivals.recorded(known)
        self._seconds, self._saved, self._recorded = found.seconds, found.generation, found.search
        with self._recording():
            folder.roll_back(found.generation)
            checkpoints.discard_after(folder.checkpoints, found.generation)
            self._parents.restore(folder, known)
            self._from_scratch.restore(folder, self._search.population)
            self._starts.restore(self._search.population, found.generation, folder)
            self._write_best()

    def _new_arrivals(self) -> Arrivals | None:
        search, experiment = self._search, self._experiment
        if not isinstance(search, AsynchronousSearch):
            return None
        return Arrivals(
            search, self._parents, experiment.search.generations, experiment.checkpoints.weights, self._listener
        )

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
                self._polish(interruption)
                self._reevaluate(interruption)
        except KeyboardInterrupt:
            if interruption.signal is None:
                raise
            _log.info("signal %d came, the state is put away", interruption.signal)
            self._take_back()
        except EvaluatorError as error:
            self._take_back()
            self._save()
            raise self._with_command(error) from error
        self._save()
        outcome = self._outcome(interruption.signal)
        self._listener.on_stop(outcome)
        return outcome

    def _polish(self, interruption: Interruption) -> None:
        """Let the best of the last population learn on, unless they have; after a signal it begins anew."""
        population, count = self._search.population, self._experiment.search.polish_designs
        members = [identity_pair(own) for own in population.identities[np.isfinite(population.fitness)].tolist()]
        if not count or not members:
            return
        if self._folder.polished.exists():
            self._listener.on_notice(
                "The best designs have learned on before; to let them do it anew, remove polished.json and "
                "polished.safetensors."
            )
            return
        self._save()
        designs = DesignTables(self._folder).find(members[:count])
        with interruption.interruptible():
            weights = learned_weights(self._experiment, self._folder, designs)
            with self._recording():
                found = polish(self._experiment, self._folder, self._search.generation - 1, designs, weights)
        best, unit = float(np.max(found.fitness)), self._experiment.trial.units.get("fitness", "")
        told = f"{best:.3f} {unit}".rstrip()
        self._listener.on_notice(
            f"The best {len(designs)} designs learned on for {self._experiment.search.polish_iterations} iterations "
            f"({found.robot_steps:,} robot-steps); the best of them has {told} now."
        )
        with self._recording():
            self._write_best()

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
            with self._recording():
                remove(self._folder.reevaluation)
        with evaluator, self._stream(evaluator, interruption):
            while self._search.generation < generations and not self._listener.stops:
                self._advance(evaluator, interruption)

    def _stream(self, evaluator: Evaluator, interruption: Interruption) -> EvaluationStream | nullcontext[None]:
        """Return what designs go through if nobody waits for a generation."""
        if self._arrivals is None:
            return nullcontext()
        return self._arrivals.begin(evaluator, self._experiment.trial, interruption)

    def _reevaluate(self, interruption: Interruption) -> None:
        """Evaluate the best of a finished run from new starts, unless its folder says what came of it already."""
        search = self._experiment.search
        if not search.final_designs or not self._search.generation:
            return
        generation, population = self._search.generation - 1, self._search.population
        found = read_new_starts(self._folder)
        if found is None or found.generation != generation:
            with interruption.interruptible(), kept_from_children():
                tried = self._starts.tried(population)
                found = from_new_starts(self._experiment, population, tried, generation, self._listener)
            if found is None:
                return
            with self._recording():
                write_new_starts(self._folder, found)
        elif len(found) < min(search.final_designs, np.isfinite(population.fitness).sum()) or (
            found.starts < search.final_starts
        ):
            self._listener.on_notice(
                f"The best {len(found)} designs have been evaluated from {found.starts} new starts each before; to "
                "evaluate more, remove reevaluation.json."
            )
        self._new_starts = found
        with self._recording():
            self._write_best()

    def _with_command(self, error: EvaluatorError) -> EvaluatorError:
        """Return an error that also says what is safe, and how to go on."""
        if not self._search.generation:
            return EvaluatorError(error.expected, error.got, f"{error.remedy}, and start the run again")
        way_on = self._way_on(self._search.generation)
        return EvaluatorError(error.expected, error.got, f"{error.remedy}; {way_on}")

    def _way_on(self, finished: int) -> str:
        """Return what is safe where so many generations are, and the command that goes on."""
        command = f"codesign evolve {shlex.quote(f'run={self._folder.path}')}"
        loose = [plugin.name for plugin in loaded() if not plugin.package]
        command += " " + shlex.quote(f"plugins=[{','.join(loose)}]") if loose else ""
        return f"{finished} of {self._experiment.search.generations} generations are safe, go on with: {command}"

    def _advance(self, evaluator: Evaluator, interruption: Interruption) -> None:
        """Evaluate, select, record and tell one generation; a signal interrupts only the first, and what comes last."""
        begin = time.perf_counter()
        generation, weights = self._search.generation, self._search.operator_weights
        if self._arrivals is not None:
            born = self._arrivals.advance(interruption)
            self._weights = self._arrivals.weights
        else:
            born = self._evaluated(evaluator, interruption)
        population = self._search.population
        with interruption.interruptible():
            self._from_scratch.teach(evaluator, population, generation)
        more = self._from_scratch.of(born.designs)
        further = dict(born.further) | ({} if more is None else {FROM_SCRATCH: more})
        now = time.perf_counter()
        own = now - begin, now - self._begin, self._from_scratch.robot_steps
        apart = self._search.islands, weights if generation else None
        metrics = summarise(generation, population, born.evaluations, *own, *apart, born.speed)
        with self._recording():
            self._starts.write(self._folder, generation)
            write_designs(self._folder.designs, generation, born.designs, born.evaluations, born.inherited, further)
            self._parents.write(self._folder, generation)
            self._folder.append_metrics({**metrics.row(), **self._from_scratch.numbers()})
        self._recorded = self._search.state()
        self._finished = Checkpoint(
            generation,
            self._recorded,
            self._weights,
            self._curves,
            now - self._begin,
            self._experiment.fingerprint(),
            {} if self._arrivals is None else self._arrivals.state(),
        )
        if (generation + 1) % self._experiment.checkpoints.every == 0:
            self._save()
        _log.info("generation %d recorded after %.3f s", generation, metrics.generation_seconds)
        self._tell_best()
        self._listener.on_generation(metrics, design_id(*population.identities[0].tolist()))
        for notice in notices_of(metrics):
            self._listener.on_notice(notice)
        with interruption.interruptible():
            self._listener.between_generations()

    def _evaluated(self, evaluator: Evaluator, interruption: Interruption) -> Born:
        """Ask for a generation, evaluate it and tell it; a signal interrupts all but what comes last."""
        generation = self._search.generation
        with interruption.interruptible():
            asked = self._search.ask()
            living = self._search.population.fitness if generation else np.zeros(0)
            keep = needed(self._experiment.checkpoints.weights, living)
            first, wanted = self._parents.first(asked), self._parents.needed(keep, self._search)
            request = Request(asked.genomes, asked.identities, self._thresholds(), wanted, first)
            before = self._search.population if generation else None
            judged = self._starts.judge(asked, before, evaluator.evaluate(self._starts.request(request, before)))
        evaluations = judged.own
        if judged.revised is not None:
            self._search.revise(judged.revised)
        self._search.tell(judged.fitness, evaluations.measures)
        population = self._search.population
        self._parents.survive(population, asked, evaluations)
        if judged.starts is None:
            self._weights = kept(keep, population, asked.identities, evaluations, self._weights)
        else:
            self._weights = self._starts.kept(keep.count, population, judged, asked, self._weights)
            self._starts.survive(population)
        if self._races:
            self._curves = self._curves.after(population, generation, evaluations.curves)
        count = len(self._search.islands)
        islands = {} if count == 1 else {ISLAND: np.repeat(np.arange(count), len(asked) // count)}
        return Born(asked, evaluations, self._parents.shares, islands)

    @property
    def _races(self) -> bool:
        """Whether newcomers are compared with how the living learned."""
        return bool(self._experiment.trial.learner.in_generation(1).rungs)

    def _tell_best(self) -> None:
        """Tell of the best design so far, if it is another than was told of."""
        best = self._search.population.take(np.array([0]))
        name, fitness = design_id(*best.identities[0].tolist()), float(best.fitness[0])
        if np.isfinite(fitness) and name != self._best:
            self._best = name
            (plan,) = plans_of(best.genomes, self._experiment.trial.lattice, [name])
            self._listener.on_best(replace(plan, fitness=fitness))

    def _thresholds(self) -> np.ndarray | None:
        """Return the performance that the next designs must reach to go on learning, from how the living learned."""
        if not self._races or not self._search.generation:
            return None
        population, first = self._search.population, self._experiment.trial.learner
        learner = first.in_generation(self._search.generation)
        alike = None if learner is first else population.identities[:, 0] > 0
        return elimination_thresholds(learner, self._curves.of(population.identities), population.fitness, alike)

    def _save(self) -> None:
        """Write a checkpoint of the state after the last finished generation, unless there is one."""
        state = self._finished
        if state is None or state.generation <= self._saved:
            return
        with self._recording():
            checkpoints.save(state, self._folder.checkpoints)
            self._saved = state.generation
            _log.debug("checkpoint of generation %d written", state.generation)
            checkpoints.prune(self._folder.checkpoints, self._experiment.checkpoints.keep)
            self._write_best()

    @contextmanager
    def _recording(self) -> Iterator[None]:
        """Write to the folder within the block, if it is still there; what fails says what is safe and how to go on."""
        try:
            self._folder.prepare_records()
            yield
        except OutputError as error:
            self._folder.require_in_place()
            way_on = self._way_on(self._saved + 1)
            remedy = f"free some space, or see to it that one can write there; {way_on}"
            raise OutputError(error.expected, error.got, remedy) from error

    def _write_best(self) -> None:
        population = self._search.population
        best = population.take(np.array([0]))
        if not np.isfinite(best.fitness[0]):
            return
        better = read_polished(self._folder)
        members = [identity_pair(identity) for identity in population.identities.tolist()]
        polished = {place: better[own] for place, own in enumerate(members) if own in better}
        place = max(polished, key=lambda place: polished[place].fitness, default=None)
        if place is not None and polished[place].fitness > best.fitness[0]:
            own = polished[place]
            spec = self._experiment.trial
            write_best(self._folder, population.take(np.array([place])), own.weights, spec, own.fitness)
            return
        identity = tuple(best.identities[0].tolist())
        if identity not in self._weights and identity not in self._learned_again:
            designs = DesignTables(self._folder).find([identity])
            self._learned_again = learn_again(self._experiment, designs, self._folder)
        weights = (self._learned_again | self._weights)[identity]
        own = None if self._new_starts is None else self._new_starts.of(design_id(*identity))
        write_best(self._folder, best, weights, self._experiment.trial, new_starts=own)

    def _require_early_end(self) -> None:
        """Check that a run without a checkpoint ended before it was to write one; else its records are worth more."""
        rows, every = len(self._folder.read_metrics()), self._experiment.checkpoints.every
        if rows > every:
            raise CheckpointError(
                f"a checkpoint in {self._folder.checkpoints}",
                f"none, though {rows} generations are recorded",
                "restore one, or start a new run in another folder",
            )

    def _outcome(self, signal: int | None) -> Outcome:
        finished = self._search.generation
        best, fitness = None, None
        if finished and np.isfinite(self._search.population.fitness[0]):
            best = design_id(*self._search.population.identities[0].tolist())
            fitness = float(self._search.population.fitness[0])
        seconds = time.perf_counter() - self._begin
        generations = self._experiment.search.generations
        return Outcome(self._folder.path, finished, generations, signal, best, fitness, seconds, self._new_starts)
