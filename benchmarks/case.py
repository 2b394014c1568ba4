"""The case that all implementations compute: random robots with their first weights, and what they share."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from codesign.body import Bodies, Tissue, develop, offsets
from codesign.control import Mlp
from codesign.genome import LATTICES, random_genomes
from codesign.sim import Physics, first_weights
from codesign.streams import Purpose, draws_of, generation_keys
from codesign.tasks import Flat, Walk

CONTROLLER, TASK, TERRAIN = Mlp(), Walk(), Flat()
"""What every robot has and does: the choices of the 2024 paper."""


@dataclass(frozen=True)
class Case:
    """Robots, one per world, their weights, and the physics that moves them.

    Attributes:
        bodies: one per world.
        physics: forces, contact and the length of an episode.
        weights: of all worlds one after the other, as the controller's `groups` name them, shape (weights,).
        weight_start: first weight of each world, shape (worlds + 1,).
        positions: where the masses start [m], shape (masses, 2).
    """

    bodies: Bodies
    physics: Physics
    weights: np.ndarray
    weight_start: np.ndarray
    positions: np.ndarray

    @property
    def masses(self) -> np.ndarray:
        """Masses of each world, shape (worlds,)."""
        return np.diff(self.bodies.mass_start)

    @property
    def springs(self) -> np.ndarray:
        """Springs of each world, shape (worlds,)."""
        return np.diff(self.bodies.spring_start)

    def waves(self) -> np.ndarray:
        """Return the controller's sines at each step, shape (steps, sines)."""
        time = np.arange(self.physics.steps)[:, None] * self.physics.dt
        return np.sin(CONTROLLER.frequency * time + 2.0 * np.pi / CONTROLLER.sines * np.arange(CONTROLLER.sines))


class Implementation(Protocol):
    """One way to compute a case.

    Attributes:
        name: of the library.
        device: where it runs.
    """

    name: str
    device: str

    def forward(self) -> np.ndarray:
        """Return the losses, shape (worlds,)."""
        ...

    def both(self) -> np.ndarray:
        """Return the losses, shape (worlds,), with their gradient computed and kept where it was computed."""
        ...

    def gradient(self) -> np.ndarray:
        """Return the gradient that `both` computed last, in the order of the case's weights, shape (weights,)."""
        ...


def build_case(worlds: int, rows: int, columns: int, steps: int, seed: int = 0) -> Case:
    """Return random robots of the triangle lattice, the same ones that `codesign bench` measures.

    Raises:
        ConfigError: a number out of range.
    """
    settings = LATTICES["triangle"](rows=rows, columns=columns)
    lattice, physics = settings.build(), Physics(steps=steps)
    genomes = random_genomes(lattice, settings, draws_of(seed, 0, worlds, Purpose.GENOME))
    bodies = develop(lattice, genomes, Tissue())
    weights = first_weights(CONTROLLER, bodies, steps, generation_keys(seed, 0, worlds, Purpose.CONTROLLER))
    sizes = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
    counts = [sum(math.prod(shape) for shape in CONTROLLER.weight_shapes(m, s, 2, steps).values()) for m, s in sizes]
    return Case(bodies, physics, weights, offsets(counts), TERRAIN.place(bodies))


@dataclass(frozen=True)
class Batching:
    """How worlds of different sizes are put into arrays.

    Attributes:
        growth: worlds whose springs differ by up to this factor are padded to one size, so that arrays of one size
            repeat; infinite for one size for all.
        worlds: in a part of an array at most.
        parts: of equal size that an array is to be split into.
        weights: in a part at most, if that is more than one world, so that they stay in a cache.
    """

    growth: float
    worlds: int
    parts: int = 1
    weights: float = math.inf

    def limit(self, weights: int) -> int:
        """Return the worlds in a part at most, where a world has as many weights."""
        return max(int(min(self.worlds, self.weights / weights)), 1)


@dataclass(frozen=True)
class Batch:
    """Worlds in arrays padded to one size; padding has no stiffness, no mask and no weight.

    Attributes:
        worlds: their indices, shape (n,); the arrays may hold empty worlds after these, so that sizes repeat.
        positions: where masses start [m], shape (size, 2, masses).
        mask: one for a mass, zero for padding, shape (size, masses).
        first, second: masses that a spring joins, shape (size, springs).
        incidence: springs at each mass, padded to the largest number of them: spring s as s where the mass is its
            second end, as springs + s where it is its first, and 2 springs for none, shape (size, masses, degree).
        rest, stiffness, swing: of the springs, shape (size, springs).
        weights: `sines` (size, hidden, sines), `state` (size, hidden, 4, masses), for positions x and y and
            velocities x and y, `ones` (size, hidden, 2), `hidden_bias` (size, hidden), `out` (size, springs, hidden)
            and `out_bias` (size, springs).
    """

    worlds: np.ndarray
    positions: np.ndarray
    mask: np.ndarray
    first: np.ndarray
    second: np.ndarray
    incidence: np.ndarray
    rest: np.ndarray
    stiffness: np.ndarray
    swing: np.ndarray
    weights: dict[str, np.ndarray]


def batches(case: Case, batching: Batching, precision: str) -> list[Batch]:
    """Return all worlds of a case in padded arrays, the largest first."""
    found = []
    for members in _classes(case, batching):
        limit = batching.limit(_most_weights(case, members))
        count = math.ceil(len(members) / (limit * batching.parts))
        size = math.ceil(len(members) / (count * batching.parts)) * batching.parts
        masses, springs = int(case.masses[members].max()), int(case.springs[members].max())
        for begin in range(0, len(members), size):
            found.append(_batch(case, members[begin : begin + size], (size, masses, springs), precision))
    return found


def flat_weights(case: Case, batch: Batch, padded: dict[str, np.ndarray], out: np.ndarray) -> None:
    """Write padded weights, or what lies like them, where the case has them."""
    for row, world in enumerate(batch.worlds):
        masses, springs = case.masses[world], case.springs[world]
        state = padded["state"][row][..., :masses].transpose(0, 2, 1).reshape(CONTROLLER.hidden, -1)
        first = np.concatenate([padded["sines"][row], state, padded["ones"][row]], axis=1)
        rest = [padded["hidden_bias"][row], padded["out"][row][:springs].ravel(), padded["out_bias"][row][:springs]]
        out[case.weight_start[world] : case.weight_start[world + 1]] = np.concatenate([first.ravel(), *rest])


def _classes(case: Case, batching: Batching) -> Iterator[np.ndarray]:
    """Yield worlds of similar size, the largest first, and as many as an array holds even if they differ more."""
    springs = case.springs
    order = np.argsort(-springs, kind="stable")
    begin = 0
    while begin < len(order):
        smallest = springs[order[begin]] / batching.growth
        similar = int((springs[order[begin:]] >= smallest).sum())
        limit = batching.limit(_most_weights(case, order[begin : begin + 1]))
        end = begin + max(similar, limit * batching.parts)
        yield order[begin:end]
        begin = end


def _most_weights(case: Case, worlds: np.ndarray) -> int:
    return int(np.diff(case.weight_start)[worlds].max())


def _batch(case: Case, worlds: np.ndarray, shape: tuple[int, int, int], precision: str) -> Batch:
    size, masses, springs = shape
    hidden, sines, bodies = CONTROLLER.hidden, CONTROLLER.sines, case.bodies
    real = {"positions": (2, masses), "mask": (masses,), "rest": (springs,), "stiffness": (springs,)}
    real |= {"swing": (springs,)}
    arrays = {name: np.zeros((size, *inner), precision) for name, inner in real.items()}
    shapes = {"sines": (hidden, sines), "state": (hidden, 4, masses), "ones": (hidden, 2), "hidden_bias": (hidden,)}
    shapes |= {"out": (springs, hidden), "out_bias": (springs,)}
    weights = {name: np.zeros((size, *inner), precision) for name, inner in shapes.items()}
    ends = np.zeros((2, size, springs), np.int32)
    incidence = np.full((size, masses, _degree(bodies)), 2 * springs, np.int32)
    for row, world in enumerate(worlds):
        body = bodies[int(world)]
        own_masses, own_springs = len(body.positions), len(body.springs)
        placed = case.positions[bodies.mass_start[world] : bodies.mass_start[world + 1]]
        arrays["positions"][row, :, :own_masses] = placed.T
        arrays["mask"][row, :own_masses] = 1.0
        for name, values in (("rest", body.rest_lengths), ("stiffness", body.stiffness), ("swing", body.swings)):
            arrays[name][row, :own_springs] = values
        ends[:, row, :own_springs] = body.springs.T
        _fill_incidence(incidence[row], body.springs, springs)
        own = case.weights[case.weight_start[world] : case.weight_start[world + 1]]
        _fill_weights({name: values[row] for name, values in weights.items()}, own, own_masses, own_springs)
    return Batch(worlds=worlds, first=ends[0], second=ends[1], incidence=incidence, weights=weights, **arrays)


def _degree(bodies: Bodies) -> int:
    """Return the largest number of springs at one mass."""
    worlds = np.repeat(np.arange(len(bodies)), np.diff(bodies.spring_start))
    return int(np.bincount((bodies.springs + bodies.mass_start[worlds][:, None]).ravel()).max())


def _fill_incidence(incidence: np.ndarray, ends: np.ndarray, springs: int) -> None:
    filled = np.zeros(len(incidence), np.int64)
    for spring, (first, second) in enumerate(ends):
        for mass, entry in ((first, springs + spring), (second, spring)):
            incidence[mass, filled[mass]] = entry
            filled[mass] += 1


def _fill_weights(weights: dict[str, np.ndarray], own: np.ndarray, masses: int, springs: int) -> None:
    shapes = CONTROLLER.weight_shapes(masses, springs, 2, 1)
    stops = np.cumsum([math.prod(shape) for shape in shapes.values()])[:-1]
    parts = {name: part.reshape(shapes[name]) for name, part in zip(shapes, np.split(own, stops), strict=True)}
    sines, state, ones = np.split(parts["w1"], [CONTROLLER.sines, CONTROLLER.sines + 4 * masses], axis=1)
    weights["sines"][:], weights["ones"][:], weights["hidden_bias"][:] = sines, ones, parts["b1"]
    weights["state"][:, :, :masses] = state.reshape(-1, masses, 4).transpose(0, 2, 1)
    weights["out"][:springs], weights["out_bias"][:springs] = parts["w2"], parts["b2"]


def segment_of(steps: int) -> int:
    """Return the steps between two kept states: the divisor of an episode's steps that is nearest to their root."""
    divisors = [length for length in range(1, steps + 1) if steps % length == 0]
    return min(divisors, key=lambda length: abs(math.log(length * length / steps)))
