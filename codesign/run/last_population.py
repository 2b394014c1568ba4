"""What is done with the best of the last population of a run: they learn on, and learn from new starts."""

import numpy as np

from codesign.analysis import NewStarts
from codesign.run.design_tables import DesignTables
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.identities import identity_pair
from codesign.run.interruption import Interruption
from codesign.run.listeners import Listener
from codesign.run.polish import polish
from codesign.run.records import Records
from codesign.run.reevaluation import from_new_starts, read_new_starts, write_new_starts
from codesign.run.replay import learned_weights
from codesign.run.starts import SeveralStarts
from codesign.search import Individuals
from codesign.signals import kept_from_children


class LastPopulation:
    """The members of a finished run that live, the best first.

    Each method may be interrupted by a signal, and begins anew then when the run is gone on with.

    Args:
        experiment: the run's.
        folder: the run's.
        records: what is written there.
        population: the members.
        generation: the last one.
        listener: told what comes of it.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        records: Records,
        population: Individuals,
        generation: int,
        listener: Listener,
    ) -> None:
        self._experiment, self._folder, self._records = experiment, folder, records
        self._population, self._generation, self._listener = population, generation, listener

    def polish(self, interruption: Interruption) -> bool:
        """Let the best learn on, unless they have, and return whether they did.

        Raises:
            EvaluatorError: nobody is left to evaluate.
            OutputError: the folder cannot be written to.
        """
        population, count = self._population, self._experiment.search.polish_designs
        members = [identity_pair(own) for own in population.identities[np.isfinite(population.fitness)].tolist()]
        if not count or not members:
            return False
        if self._folder.polished.exists():
            self._listener.on_notice(
                "The best designs have learned on before; to let them do it anew, remove polished.json and "
                "polished.safetensors."
            )
            return False
        designs = DesignTables(self._folder).find(members[:count])
        with interruption.interruptible():
            weights = learned_weights(self._experiment, self._folder, designs)
            with self._records.writing():
                found = polish(self._experiment, self._folder, self._generation, designs, weights)
        best, unit = float(np.max(found.fitness)), self._experiment.trial.units.get("fitness", "")
        told = f"{best:.3f} {unit}".rstrip()
        self._listener.on_notice(
            f"The best {len(designs)} designs learned on for {self._experiment.search.polish_iterations} iterations "
            f"({found.robot_steps:,} robot-steps); the best of them has {told} now."
        )
        return True

    def reevaluate(self, starts: SeveralStarts, interruption: Interruption) -> NewStarts | None:
        """Evaluate the best from new starts, unless the folder says what came of it already, and return what came.

        Args:
            starts: those that they have had.
            interruption: whose signals interrupt.

        Returns:
            What they are worth; None where that is not asked for, or nobody is valid.

        Raises:
            EvaluatorError: nobody is left to evaluate.
            RunError: the folder's file of it holds something else.
            OutputError: the folder cannot be written to.
        """
        search, population = self._experiment.search, self._population
        if not search.final_designs:
            return None
        found = read_new_starts(self._folder)
        if found is None or found.generation != self._generation:
            with interruption.interruptible(), kept_from_children():
                tried = starts.tried(population)
                found = from_new_starts(self._experiment, population, tried, self._generation, self._listener)
            if found is not None:
                with self._records.writing():
                    write_new_starts(self._folder, found)
        elif len(found) < min(search.final_designs, np.isfinite(population.fitness).sum()) or (
            found.starts < search.final_starts
        ):
            self._listener.on_notice(
                f"The best {len(found)} designs have been evaluated from {found.starts} new starts each before; to "
                "evaluate more, remove reevaluation.json."
            )
        return found
