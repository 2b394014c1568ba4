"""Replay: designs of a run are simulated again, before and after they learned, and move exactly as they did."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from codesign.body import Bodies, develop
from codesign.errors import CheckpointError, DesignError, RunError
from codesign.export import Gallery, History, Recording
from codesign.genome import Genomes, check_whole
from codesign.run import checkpoint as checkpoints
from codesign.run.design_map import design_map
from codesign.run.designs import Design, design_id
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.inheritance import Inheritance, require_fitting
from codesign.run.learning_again import learn_again, starts_of
from codesign.run.parent_weights import find_parent_weights
from codesign.run.polish import read_polished
from codesign.run.rollout import Story, rollout, split_at
from codesign.run.selection import select
from codesign.run.start_tables import best_attempts, from_best_start
from codesign.search import NO_INHERITANCE

_CURVES = ("best_fitness", "mean_fitness")
"""What a history shows of each generation: fields of `History` and of the lines of metrics.jsonl."""


def gallery(experiment: Experiment, folder: RunFolder, selection: str = "top5") -> Gallery:
    """Return the chosen designs, moving, and how fitness rose over the run.

    Args:
        experiment: the run's.
        folder: the run's.
        selection: which designs, see `select`.

    Raises:
        DesignError: a selection of another form, or one that the run has nothing for.
        RunError: the folder is not that of a run, or its tables cannot be read.
    """
    recordings = replay(experiment, folder, select(folder, selection))
    units, found = experiment.trial.units, design_map(experiment, folder)
    return Gallery(experiment.title, tuple(recordings), history(folder), folder.config_text(), units, map=found)


def galleries(
    experiment: Experiment, folder: RunFolder, designs: Sequence[Design], at_a_time: int = 32
) -> Iterator[Gallery]:
    """Yield galleries of some designs after the other, so that not all are held at once; for errors see `replay`."""
    risen, text, found = history(folder), folder.config_text(), design_map(experiment, folder)
    for start in range(0, len(designs), at_a_time):
        recordings = replay(experiment, folder, designs[start : start + at_a_time])
        yield Gallery(experiment.title, tuple(recordings), risen, text, experiment.trial.units, map=found)


def history(folder: RunFolder) -> History:
    """Return how fitness rose over the run, NaN where no design was valid.

    Raises:
        RunError: a generation's line does not say how fit its designs were.
    """
    rows = folder.read_metrics()
    with np.errstate(over="ignore"):  # beyond what a picture shows
        columns = {name: np.array([_number(folder, row, name) for row in rows], dtype=np.float32) for name in _CURVES}
    return History(np.array([row["generation"] for row in rows], dtype=np.int32), **columns)


def _number(folder: RunFolder, row: Mapping[str, Any], name: str) -> float:
    value = row.get(name, "nothing")
    if value is None:
        return np.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        got = f"{value!r} in that of generation {row['generation']}"
        remedy = "mend or restore the file; checkpoints and designs are not affected"
        raise RunError(f"a number or null as {name} in each line of {folder.metrics}", got, remedy)
    return float(value)


def replay(
    experiment: Experiment, folder: RunFolder, designs: Sequence[Design], *, every_step: bool = False
) -> list[Recording]:
    """Return recordings of designs of a run.

    Controllers of the best of the living are read from the newest checkpoint, of parents from where inheritance keeps
    them; others learn again, from the same start to the same end. Designs that had several starts are shown as they
    learned from the best one, and those that became better by learning on at the end of the run as they do since.

    Args:
        experiment: the run's.
        folder: the run's.
        designs: at least one.
        every_step: whether there is a frame for each step, see `rollout`.

    Raises:
        DesignError: the run's lattice is not that of the designs.
        RunError: the experiment is not that of the run's newest checkpoint.
        GenomeError: a design is none that the run can have had: an unknown material, no body, one in pieces.
        MemoryBudgetError: a whole episode of one design does not fit into the memory.
    """
    spec = experiment.trial
    lattice = spec.lattice.build()
    genomes = Genomes.stack([design.genome for design in designs])
    if genomes.cells.shape[1] != lattice.cells:
        raise DesignError(
            f"designs of {lattice.cells} cells", f"{genomes.cells.shape[1]}", "use the run's own configuration"
        )
    check_whole(lattice, genomes)
    weights = learned_weights(experiment, folder, designs)
    better = read_polished(folder)
    require_fitting(spec, designs, {own: each.weights for own, each in better.items()}, folder.polished_weights)
    lengths = [len(each) for each in weights]
    weights = [
        better[design.identity].weights if design.identity in better else own
        for design, own in zip(designs, weights, strict=True)
    ]
    bodies = develop(lattice, genomes, spec.tissue)
    before = split_at(first_weights(experiment, folder, designs, bodies), lengths)
    shown = from_best_start(folder, designs)
    stories = [_story(better[own.identity].of(own) if own.identity in better else own) for own in shown]
    return rollout(spec, bodies, weights, stories, before, every_step=every_step)


def first_weights(experiment: Experiment, folder: RunFolder, designs: Sequence[Design], bodies: Bodies) -> np.ndarray:
    """Return the weights that designs began to learn from in their best starts, with what they inherited, flat.

    Args:
        experiment: the run's.
        folder: the run's, which has the parents that weights are inherited from.
        designs: at least one.
        bodies: theirs, as drawn.

    Raises:
        DesignError: the run has not evaluated one of the parents.
        RunError: a table, or a file of weights, cannot be read.
    """
    identities = np.array([design.identity for design in designs], dtype=np.int64)
    first = Inheritance(experiment).first_of(folder, designs)
    attempts = starts_of(from_best_start(folder, designs))
    return experiment.trial.first_weights(bodies, identities, first=first, attempts=attempts)


def learned_weights(experiment: Experiment, folder: RunFolder, designs: Sequence[Design]) -> list[np.ndarray]:
    """Return the learned weights of each design, flat: those that are kept, or learned again as in `replay`.

    Raises:
        RunError: the experiment is not that of the run's newest checkpoint, or a table or a file of weights cannot be
            read.
        MemoryBudgetError: a design alone needs more memory than the experiment may use.
    """
    kept = _newest(experiment, folder)
    found = {} if kept is None else dict(kept.weights)
    if experiment.search.inheritance != NO_INHERITANCE:
        # Children inherit from a parent's own start, which need not have been its best.
        best = best_attempts(folder, designs)
        wanted = [own.identity for own in designs if own.identity not in found and not best.get(own.identity, 0)]
        more = find_parent_weights(folder.weights, wanted)
        require_fitting(experiment.trial, designs, more, folder.weights)
        found |= more
    lost = [design for design in designs if design.identity not in found]
    found |= learn_again(experiment, lost, folder)
    return [found[design.identity] for design in designs]


def _newest(experiment: Experiment, folder: RunFolder) -> checkpoints.Checkpoint | None:
    """Return the newest checkpoint that can be read, None where there is none: what was lost can be learned again.

    Raises:
        RunError: it is of another experiment, whose designs would move otherwise than they did.
    """
    try:
        kept, _ = checkpoints.newest_intact(folder.checkpoints)
    except CheckpointError:
        return None
    try:
        if kept is not None:
            checkpoints.check_experiment(kept, experiment, folder.checkpoints)
    except CheckpointError as error:
        raise RunError(error.expected, error.got, f"restore {folder.config} as the run was started with") from error
    return kept


def _story(design: Design) -> Story:
    return Story(
        design=design.id,
        generation=design.identity[0],
        parents=tuple(design_id(*parent) for parent in design.parents),
        operator=design.operator,
        fitness=design.fitness,
        measures=design.measures,
        curve=design.curve,
        world_fitness=design.world_fitness if len(design.world_fitness) > 1 else None,
    )
