"""Replay: designs of a run are simulated again, before and after they learned, and move exactly as they did."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from codesign.body import Bodies, develop
from codesign.errors import CheckpointError, DesignError, RunError
from codesign.evaluate import EvaluationSpec, batches
from codesign.export import Gallery, History, Recording, Trajectory
from codesign.genome import Genomes, check_whole
from codesign.run import checkpoint as checkpoints
from codesign.run.designs import Design, design_id
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.learning_again import learn_again
from codesign.run.selection import select
from codesign.sim import Simulator, beacon_of

FRAMES_PER_SECOND = 50.0

_CURVES = ("best_fitness", "mean_fitness")
"""What a history shows of each generation: fields of `History` and of the lines of metrics.jsonl."""

_MARGIN = 0.5
"""Ground that is shown beyond a design's way [m]."""


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
    return Gallery(experiment.title, tuple(recordings), history(folder), folder.config_text())


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


def replay(experiment: Experiment, folder: RunFolder, designs: Sequence[Design]) -> list[Recording]:
    """Return recordings of designs of a run.

    Controllers of the best of the living are read from the newest checkpoint; others learn again, from the same start
    to the same end.

    Args:
        experiment: the run's.
        folder: the run's.
        designs: at least one.

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
    weights = _weights(experiment, folder, designs)
    # One world of a design is shown: the first.
    whole = replace(
        spec,
        execution=replace(spec.execution, segment_steps=spec.physics.steps),
        worlds=replace(spec.worlds, count=1),
    )
    bodies = develop(lattice, genomes, spec.tissue)
    recordings: list[Recording] = []
    for part in batches(whole, bodies):
        recordings += _record(whole, bodies[part], designs[part], weights[part])
    return recordings


def _weights(experiment: Experiment, folder: RunFolder, designs: Sequence[Design]) -> list[np.ndarray]:
    """Return the learned weights of each design, flat."""
    kept = _newest(experiment, folder)
    found = {} if kept is None else dict(kept.weights)
    found |= learn_again(experiment.trial, [design for design in designs if design.identity not in found])
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


def _record(
    spec: EvaluationSpec, bodies: Bodies, designs: Sequence[Design], weights: Sequence[np.ndarray]
) -> list[Recording]:
    """Return recordings of designs that fit into the memory together."""
    simulator = spec.simulator(bodies)
    spec.begin(simulator, np.array([design.identity for design in designs], dtype=np.int64))
    before = _move(simulator)
    simulator.load(np.concatenate(weights).astype(np.float64))
    after = _move(simulator)
    light = beacon_of(simulator.conditions[0], spec.dimension)
    names = tuple(material.name for material in spec.lattice.build().materials)
    recordings = []
    for index, design in enumerate(designs):
        body = bodies[index]
        low, high = _course([before[index], after[index]], light)
        recordings.append(
            Recording(
                design=design.id,
                generation=design.identity[0],
                parents=tuple(design_id(*parent) for parent in design.parents),
                operator=design.operator,
                fitness=design.fitness,
                measures=design.measures,
                curve=design.curve,
                springs=body.springs,
                rest_lengths=body.rest_lengths.astype(np.float32),
                stiffness=body.stiffness.astype(np.float32),
                swings=body.swings.astype(np.float32),
                cells=body.cells,
                materials=body.materials,
                ground=spec.terrain.surface(low, high),
                light=light,
                world_fitness=design.world_fitness if len(design.world_fitness) > 1 else None,
                after=after[index],
                before=before[index],
                weights=weights[index].astype(np.float32),
                controller=spec.controller.name,
                task=spec.task.name,
                material_names=names,
            )
        )
    return recordings


def _course(trajectories: Sequence[Trajectory], light: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the ground on which something happens, each horizontal coordinates [m]."""
    seen = [each.positions[..., :-1].reshape(-1, each.positions.shape[-1] - 1) for each in trajectories]
    places = np.concatenate(seen if light is None else [*seen, light[None, :-1]])
    return places.min(axis=0).astype(np.float64) - _MARGIN, places.max(axis=0).astype(np.float64) + _MARGIN


def _move(simulator: Simulator) -> list[Trajectory]:
    """Return what each world does with the weights that it has, as far as it is finite."""
    simulator.forward()
    positions, actuation = simulator.motion()
    physics, bodies = simulator.physics, simulator.bodies
    stride = max(1, round(1.0 / (FRAMES_PER_SECOND * physics.dt)))
    shown = np.arange(0, physics.steps + 1, stride)
    # What was asked of the springs in a step; after the last one nothing more is asked.
    asked = np.minimum(shown, physics.steps - 1)
    trajectories = []
    for world in range(simulator.worlds):
        masses = slice(bodies.mass_start[world], bodies.mass_start[world + 1])
        springs = slice(bodies.spring_start[world], bodies.spring_start[world + 1])
        times = (shown * physics.dt).astype(np.float32)
        trajectories.append(Trajectory.finite(times, positions[shown, masses], actuation[asked, springs]))
    return trajectories


def _identities(designs: Sequence[Design]) -> np.ndarray:
    return np.array([design.identity for design in designs], dtype=np.int64)
