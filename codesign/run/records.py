"""What a run writes into its folder as it goes on, what of it is safe, and the way back to it."""

import logging
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codesign.errors import CheckpointError, EvaluatorError, GenomeError, OutputError
from codesign.plugins import loaded
from codesign.run import checkpoint as checkpoints
from codesign.run.checkpoint import Checkpoint
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.search import Search, start_search

_log = logging.getLogger(__name__)


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


class Records:
    """The folder of a run in progress, and its checkpoints.

    Args:
        experiment: the run's.
        folder: the run's, locked.
    """

    def __init__(self, experiment: Experiment, folder: RunFolder) -> None:
        self._experiment, self._folder = experiment, folder
        self._finished: Checkpoint | None = None
        self._saved = -1

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write to the folder within the block, if it is still there; what fails says what is safe and how to go on.

        Raises:
            OutputError: the folder cannot be written to.
            RunError: it is not in its place any more.
        """
        try:
            self._folder.prepare_records()
            yield
        except OutputError as error:
            self._folder.require_in_place()
            way_on = self._way_on(self._saved + 1)
            remedy = f"free some space, or see to it that one can write there; {way_on}"
            raise OutputError(error.expected, error.got, remedy) from error

    def newest(self, named: Path | None) -> tuple[Checkpoint | None, list[str]]:
        """Return the checkpoint to go on from, and what is wrong with newer ones.

        Args:
            named: manifest of a checkpoint; None for the newest that can be read.

        Returns:
            The checkpoint, None where the run is to begin anew, as it wrote none yet; and a sentence for each fault.

        Raises:
            CheckpointError: the one that is named cannot be read, or none is there though the run wrote some.
        """
        if named is not None:
            return checkpoints.load(named), []
        found, faults = checkpoints.newest_intact(self._folder.checkpoints)
        if found is None:
            self._require_early_end()
        return found, faults

    def go_back(self, checkpoint: Checkpoint | None) -> None:
        """Remove what was recorded after a checkpoint, or all that was, where there is none.

        Raises:
            RunError: the records have gaps.
            OutputError: the folder cannot be written to.
        """
        if checkpoint is None:
            self._folder.roll_back(-1)
            return
        self._saved = checkpoint.generation
        with self.writing():
            self._folder.roll_back(checkpoint.generation)
            checkpoints.discard_after(self._folder.checkpoints, checkpoint.generation)

    def finish(self, checkpoint: Checkpoint) -> bool:
        """Keep the state after a finished generation, and return whether it is time to save it."""
        self._finished = checkpoint
        return (checkpoint.generation + 1) % self._experiment.checkpoints.every == 0

    def save(self) -> bool:
        """Write a checkpoint of the state after the last finished generation, and return False if there is one.

        Raises:
            OutputError: the folder cannot be written to.
        """
        state = self._finished
        if state is None or state.generation <= self._saved:
            return False
        with self.writing():
            checkpoints.save(state, self._folder.checkpoints)
            self._saved = state.generation
            _log.debug("checkpoint of generation %d written", state.generation)
            checkpoints.prune(self._folder.checkpoints, self._experiment.checkpoints.keep)
        return True

    def with_way_on(self, error: EvaluatorError, finished: int) -> EvaluatorError:
        """Return an error that also says how many finished generations are safe, and how to go on."""
        if not finished:
            return EvaluatorError(error.expected, error.got, f"{error.remedy}, and start the run again")
        return EvaluatorError(error.expected, error.got, f"{error.remedy}; {self._way_on(finished)}")

    def _way_on(self, finished: int) -> str:
        """Return what is safe where so many generations are, and the command that goes on."""
        command = f"codesign evolve {shlex.quote(f'run={self._folder.path}')}"
        loose = [plugin.name for plugin in loaded() if not plugin.package]
        command += " " + shlex.quote(f"plugins=[{','.join(loose)}]") if loose else ""
        return f"{finished} of {self._experiment.search.generations} generations are safe, go on with: {command}"

    def _require_early_end(self) -> None:
        """Check that a run without a checkpoint ended before it was to write one; else its records are worth more."""
        rows, every = len(self._folder.read_metrics()), self._experiment.checkpoints.every
        if rows > every:
            raise CheckpointError(
                f"a checkpoint in {self._folder.checkpoints}",
                f"none, though {rows} generations are recorded",
                "restore one, or start a new run in another folder",
            )
