"""Measure what smooth contact costs in exactness of motion, and what it gains in exactness of gradients.

    python tools/contact_report.py

Voxel robots with neural controllers move on rough ground in 3D, in double precision, under every choice of contact. The
standard output is two tables in Markdown:

- errors of directional derivatives: all weights are moved by plus or minus h, each with a random sign; the central
  difference of the loss is compared with the gradient, relative to its length, which is the size of such a derivative.
  Shown is the median over robots and directions.
- difference of motion: how far the centre is at the end from where it is under Coulomb contact, relative to its way
  there. Shown is the median over robots.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np

from codesign.body import Bodies, Body
from codesign.control import Mlp
from codesign.sim import Conditions, Execution, Physics, Simulator, first_weights
from codesign.sim.kernels import Coulomb, Smooth
from codesign.streams import Purpose, generation_keys, stream
from codesign.tasks import Heightfield, Light, Rough

STEPS = (200, 1000)
SIZES = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
DIRECTIONS = 4
VOXELS = Physics(gravity=-9.8, contact=Coulomb(friction=0.9, grip=0.95), regularisation=1e-8)


@dataclass(frozen=True)
class Choice:
    """A contact and the ground it is used on."""

    name: str
    physics: Physics
    bisections: int = 0


CHOICES = (
    Choice("coulomb, 8 bisections", VOXELS, 8),
    Choice("coulomb", VOXELS),
    *(
        Choice(
            f"smooth, softness {softness:g} m",
            replace(VOXELS, contact=Smooth(friction=0.9, grip=0.95, softness=softness)),
        )
        for softness in (1e-4, 5e-4, 2e-3)
    ),
)
REFERENCE = CHOICES[1]


def robot(generator: np.random.Generator, cells: int = 12, side: float = 0.1) -> Body:
    """Return a body of cubes that grew cell by cell; masses at corners, springs along edges and face diagonals."""
    filled = {(2, 2, 0)}
    while len(filled) < cells:
        x, y, z = sorted(filled)[generator.integers(len(filled))]
        step = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)][generator.integers(6)]
        place = (x + step[0], y + step[1], z + step[2])
        if all(0 <= at < size for at, size in zip(place, (6, 6, 4), strict=True)):
            filled.add(place)
    corners = sorted({(x + a, y + b, z + c) for x, y, z in filled for a in (0, 1) for b in (0, 1) for c in (0, 1)})
    index = {corner: number for number, corner in enumerate(corners)}
    pairs = set()
    for x, y, z in filled:
        own = [(x + a, y + b, z + c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
        pairs |= {(index[p], index[q]) for p in own for q in own if p < q and sum(map(abs, np.subtract(p, q))) < 3}
    place = side * np.array(corners, dtype=np.float64)
    place -= place.min(axis=0)
    springs = np.array(sorted(pairs), dtype=np.int32)
    return Body(
        positions=place,
        springs=springs,
        rest_lengths=np.linalg.norm(place[springs[:, 0]] - place[springs[:, 1]], axis=1),
        stiffness=np.full(len(springs), 1.5e4),
        swings=np.where(generator.random(len(springs)) < 0.5, 0.2, 0.0),
    )


def simulator(choice: Choice, bodies: Bodies, steps: int, segment_steps: int = 0) -> Simulator:
    """Return bodies on rough ground."""
    heights = Rough().grid(3).heights
    ground = Heightfield(heights=tuple(map(tuple, heights.tolist())), bisections=choice.bisections)
    conditions = [Conditions(ground, Light(target=(1.5, 0.5)))]
    execution = Execution(precision="float64", device="cpu", segment_steps=segment_steps)
    return Simulator(bodies, replace(choice.physics, steps=steps), Mlp(), conditions, execution)


def weights_of(bodies: list[Body], steps: int) -> list[np.ndarray]:
    """Return the weights of every body's controller before it has learned anything."""
    keys = generation_keys(0, 0, len(bodies), Purpose.CONTROLLER)
    return [
        first_weights(Mlp(), Bodies.of([body]), steps, keys[index : index + 1]) for index, body in enumerate(bodies)
    ]


def errors(choice: Choice, bodies: list[Body], steps: int) -> np.ndarray:
    """Return relative errors of directional derivatives, shape (sizes, bodies, directions)."""
    weights = weights_of(bodies, steps)
    generator = np.random.default_rng(1)
    alone = simulator(choice, Bodies.of(bodies), steps)
    alone.load(np.concatenate(weights))
    alone.forward()
    alone.reverse()
    gradients = np.split(alone.weights(alone.gradient), alone.weight_start[1:-1])
    signs = [generator.choice([-1.0, 1.0], (DIRECTIONS, len(own))) for own in weights]
    # Both ends of every difference are worlds of one simulator.
    moved = [
        own + sign * size * direction
        for own, directions in zip(weights, signs, strict=True)
        for size in SIZES
        for direction in directions
        for sign in (1.0, -1.0)
    ]
    many = simulator(
        choice, Bodies.of(np.repeat(np.array(bodies, object), len(SIZES) * DIRECTIONS * 2).tolist()), steps
    )
    many.load(np.concatenate(moved))
    many.forward()
    losses = many.loss.numpy().reshape(len(bodies), len(SIZES), DIRECTIONS, 2)
    differences = (losses[..., 0] - losses[..., 1]) / (2.0 * np.array(SIZES)[:, None])
    along = np.array([directions @ gradient for directions, gradient in zip(signs, gradients, strict=True)])
    length = np.array([np.linalg.norm(gradient) for gradient in gradients])
    return np.moveaxis(np.abs(differences - along[:, None]) / length[:, None, None], 1, 0)


def ends(choice: Choice, bodies: list[Body], steps: int) -> np.ndarray:
    """Return where the centres are at the start and at the end, shape (2, bodies, 2) [m]."""
    packed = Bodies.of(bodies)
    made = simulator(choice, packed, steps, segment_steps=steps)
    made.load(np.concatenate(weights_of(bodies, steps)))
    made.forward()
    positions, _ = made.motion()
    masses = np.diff(packed.mass_start)[:, None]
    return np.add.reduceat(positions[[0, -1], :, :2], packed.mass_start[:-1], axis=1) / masses


def row(name: str, values: np.ndarray, form: str) -> str:
    """Return a row of a table in Markdown."""
    return " | ".join([f"| {name}", *(format(value, form) for value in values)]) + " |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--robots", type=int, default=12, help="how many robots to measure with")
    count = parser.parse_args().robots
    bodies = [robot(stream(0, 0, number, Purpose.GENOME)) for number in range(count)]
    for steps in STEPS:
        print(f"\nErrors of directional derivatives over {steps} steps, h =\n")
        print(row("contact", np.array([f"{size:.0e}" for size in SIZES]), ""))
        print("| --- |" + " ---: |" * len(SIZES))
        for choice in CHOICES:
            found = errors(choice, bodies, steps)
            print(row(choice.name, np.median(found.reshape(len(SIZES), -1), axis=1), ".1e"), flush=True)
    print("\nDifference of the centre's place at the end, relative to its way, after so many steps\n")
    print(row("contact", np.array([str(steps) for steps in STEPS]), ""))
    print("| --- |" + " ---: |" * len(STEPS))
    exact = [ends(REFERENCE, bodies, steps) for steps in STEPS]
    for choice in CHOICES:
        shares = []
        for steps, (start, end) in zip(STEPS, exact, strict=True):
            away = np.linalg.norm(ends(choice, bodies, steps)[1] - end, axis=1)
            shares.append(np.median(away / np.linalg.norm(end - start, axis=1)))
        print(row(choice.name, np.array(shares), ".2f"), flush=True)


if __name__ == "__main__":
    main()
