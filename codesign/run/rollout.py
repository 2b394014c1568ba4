"""Rollouts: bodies move through one episode with given weights, and what they do is recorded frame by frame."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from codesign.body import Bodies, Body
from codesign.evaluate import EvaluationSpec, batches, controller_weights, learned_bodies
from codesign.export import DrawnBody, Recording, Trajectory
from codesign.run.mechanics import mechanics_of, plain_settings
from codesign.sim import Simulator, beacon_of

FRAMES_PER_SECOND = 50.0

_LEARNABLE = ("rest_lengths", "stiffness", "swings", "masses")
"""Fields of a body that learning may change."""

_MARGIN = 0.5
"""Ground that is shown beyond a design's way [m]."""


@dataclass(frozen=True)
class Story:
    """What a recording says of a design beside its body and its motion; for the fields see `Recording`.

    Attributes:
        fitness: None for that of the rollout.
        measures: None for those of the rollout.
    """

    design: str
    generation: int = 0
    parents: tuple[str, ...] = ()
    operator: str = ""
    fitness: float | None = None
    measures: dict[str, float] | None = None
    curve: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    world_fitness: np.ndarray | None = None


@dataclass(frozen=True)
class _Motion:
    """What bodies did: a trajectory of each, minus its loss, and its measures where they were asked for."""

    trajectories: list[Trajectory]
    fitness: np.ndarray
    measures: list[dict[str, float]]


def rollout(
    spec: EvaluationSpec,
    bodies: Bodies,
    weights: Sequence[np.ndarray],
    stories: Sequence[Story],
    before: Sequence[np.ndarray] | None = None,
    *,
    every_step: bool = False,
) -> list[Recording]:
    """Return recordings of bodies in the first of the spec's worlds, as many at a time as fit into the memory.

    Args:
        spec: how they are simulated.
        bodies: at least one, as drawn.
        weights: of each design, flat: of its controller and, where bodies learn, of its body.
        stories: what else is told of each.
        before: weights of another motion of each, which is shown beside as that before learning; None for none.
        every_step: whether there is a frame for each step, which another simulator needs, or 50 a second.

    Raises:
        MemoryBudgetError: a whole episode of one body does not fit into the memory.
    """
    whole = replace(
        spec,
        execution=replace(spec.execution, segment_steps=spec.physics.steps),
        worlds=spec.worlds.first,
    )
    recordings: list[Recording] = []
    differ = bodies.has_material_properties
    for part in batches(whole, bodies):
        own = None if before is None else before[part]
        simulator = whole.simulator(bodies[part], material_properties=differ)
        recordings += _record(simulator, whole, weights[part], stories[part], own, every_step=every_step)
    return recordings


def split_at(flat: np.ndarray, counts: Sequence[int]) -> list[np.ndarray]:
    """Return consecutive pieces of a flat array, of the given lengths."""
    return np.split(flat, np.cumsum(counts)[:-1])


def _record(
    simulator: Simulator,
    spec: EvaluationSpec,
    weights: Sequence[np.ndarray],
    stories: Sequence[Story],
    before: Sequence[np.ndarray] | None,
    *,
    every_step: bool,
) -> list[Recording]:
    """Return recordings of bodies that fit into the memory together."""
    bodies = simulator.bodies
    rate = None if every_step else FRAMES_PER_SECOND
    first = None if before is None else _move(simulator, before, rate, measure=False)
    last = _move(simulator, weights, rate, measure=any(story.measures is None for story in stories))
    mechanics, settings = mechanics_of(spec.physics, simulator.conditions[0]), plain_settings(spec.controller)
    light = beacon_of(simulator.conditions[0], bodies.positions.shape[1])
    names = tuple(material.name for material in spec.lattice.build().materials)
    learned, controllers = learned_bodies(spec, bodies, weights), controller_weights(spec, bodies, weights)
    recordings = []
    for index, story in enumerate(stories):
        body = learned[index]
        after = last.trajectories[index]
        earlier = None if first is None else first.trajectories[index]
        low, high = _course([each for each in (earlier, after) if each is not None], light)
        recordings.append(
            Recording(
                design=story.design,
                generation=story.generation,
                parents=story.parents,
                operator=story.operator,
                fitness=float(last.fitness[index]) if story.fitness is None else story.fitness,
                measures=last.measures[index] if story.measures is None else story.measures,
                curve=story.curve,
                springs=body.springs,
                rest_lengths=body.rest_lengths.astype(np.float32),
                stiffness=body.stiffness.astype(np.float32),
                swings=body.swings.astype(np.float32),
                cells=body.cells,
                materials=body.materials,
                point_masses=body.masses.astype(np.float32),
                damping=body.damping.astype(np.float32),
                force_limits=body.force_limits.astype(np.float32),
                ground=spec.terrain.surface(low, high),
                light=light,
                world_fitness=story.world_fitness,
                after=after,
                before=earlier,
                weights=controllers[index].astype(np.float32),
                controller=spec.controller.name,
                task=spec.task.name,
                material_names=names,
                mechanics=mechanics,
                controller_settings=settings,
                drawn=_drawn(bodies[index], body),
            )
        )
    return recordings


def _drawn(drawn: Body, learned: Body) -> DrawnBody | None:
    """Return the body before it learned, None where it is the same."""
    if all(np.array_equal(getattr(drawn, name), getattr(learned, name)) for name in _LEARNABLE):
        return None
    return DrawnBody(drawn.positions, drawn.rest_lengths, drawn.stiffness, drawn.swings, drawn.masses)


def _course(trajectories: Sequence[Trajectory], light: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the ground on which something happens, each horizontal coordinates [m]."""
    seen = [each.positions[..., :-1].reshape(-1, each.positions.shape[-1] - 1) for each in trajectories]
    places = np.concatenate(seen if light is None else [*seen, light[None, :-1]])
    return places.min(axis=0).astype(np.float64) - _MARGIN, places.max(axis=0).astype(np.float64) + _MARGIN


def _move(simulator: Simulator, weights: Sequence[np.ndarray], rate: float | None, *, measure: bool) -> _Motion:
    """Return what each world does with weights, as far as it is finite, at a rate of frames or in every step."""
    simulator.load(np.concatenate(weights).astype(np.float64))
    simulator.forward(measure=measure)
    positions, actuation = simulator.motion()
    physics, bodies = simulator.physics, simulator.bodies
    stride = 1 if rate is None else max(1, round(1.0 / (rate * physics.dt)))
    shown = np.arange(0, physics.steps + 1, stride)
    # What was asked of the springs in a step; after the last one nothing more is asked.
    asked = np.minimum(shown, physics.steps - 1)
    trajectories = []
    for world in range(simulator.worlds):
        masses = slice(bodies.mass_start[world], bodies.mass_start[world + 1])
        springs = slice(bodies.spring_start[world], bodies.spring_start[world + 1])
        times = (shown * physics.dt).astype(np.float32)
        trajectories.append(Trajectory.finite(times, positions[shown, masses], actuation[asked, springs]))
    found = simulator.measures() if measure else {}
    measures = [{name: float(values[world]) for name, values in found.items()} for world in range(simulator.worlds)]
    return _Motion(trajectories, -simulator.loss.numpy().astype(np.float64), measures)
