"""Checks of what a controller says of its weights: how many there are, where they lie, what the first ones are."""

import math
from collections.abc import Sequence

import numpy as np

from codesign.body import Bodies, offsets
from codesign.sim import Controller, Layout, WeightBlock, first_weights
from codesign.streams import Purpose, generation_keys
from codesign.testing.failures import expect

ROWS = (1, 8, 16)
"""Row widths of a GPU and of CPUs."""


def check_weights(controller: Controller, bodies: Bodies, steps: int) -> None:
    """Check the blocks of a controller's weights, and first weights that are drawn from them.

    Args:
        controller: what to check.
        bodies: bodies that it moves, of different sizes.
        steps: in an episode.

    Raises:
        CheckError: a weight has no place or two, two have one, one lies outside of the parameters, or first weights are
            not finite or differ from one time to the next; `weight_parts`, if the controller has it, does not say of
            every weight whose it is, or gives two masses, springs or bodies unlike numbers of weights.
    """
    dimension = bodies.positions.shape[1]
    sizes = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
    shapes = [controller.weight_shapes(masses, springs, dimension, steps) for masses, springs in sizes]
    counts = [sum(math.prod(shape) for shape in each.values()) for each in shapes]
    for row in ROWS:
        layout = _layout(bodies, row)
        parameters = controller.parameter_counts(layout, steps)
        blocks = controller.weight_blocks(layout, steps)
        for world, count in enumerate(counts):
            numbers, places = places_of(blocks, row, world)
            complete = np.array_equal(np.sort(numbers), np.arange(count))
            expect(complete, f"`weight_blocks` with weights 0 to {count - 1}, each once", f"{len(numbers)} weights")
            expect(len(np.unique(places)) == count, f"`weight_blocks` with {count} places", f"{len(np.unique(places))}")
            inside = places.min(initial=0) >= 0 and places.max(initial=0) < parameters[world]
            expect(inside, f"`weight_blocks` with places below {parameters[world]}", f"{places.max(initial=0)}")
    _check_parts(controller, bodies, steps)
    keys = generation_keys(3, 0, len(bodies), Purpose.CONTROLLER)
    drawn, again = (first_weights(controller, bodies, steps, keys) for _ in range(2))
    expect(np.isfinite(drawn).all(), "finite first weights", drawn)
    expect(np.array_equal(drawn, again), "the same first weights from the same keys", "others")


def _check_parts(controller: Controller, bodies: Bodies, steps: int) -> None:
    """Check that a controller says whose each weight is, as inheritance needs it; one that says nothing may do so."""
    if not hasattr(controller, "weight_parts"):
        return
    dimension = bodies.positions.shape[1]
    sizes = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
    known: dict[str, tuple[set[int], ...]] = {}
    for masses, springs in sizes:
        shapes = controller.weight_shapes(masses, springs, dimension, steps)
        parts = controller.weight_parts(masses, springs, dimension, steps)
        found = {name: np.shape(own) for name, own in parts.items()}
        expect(found == shapes and list(found) == list(shapes), f"`weight_parts` of the shapes {shapes}", f"{found}")
        for name, own in parts.items():
            whole = own.dtype == np.int64 and (own.min(initial=-1) >= -1) and own.max(initial=-1) < masses + springs
            expect(whole, f"`weight_parts` of {name}, int64, from -1 to {masses + springs - 1}", f"{own.dtype}, others")
            counts = np.bincount(own.ravel() + 1, minlength=1 + masses + springs)
            kinds = known.setdefault(name, (set(), set(), set()))
            for kind, each in zip(kinds, np.split(counts, [1, 1 + masses]), strict=True):
                kind.update(each.tolist())
            alike = all(len(kind) <= 1 for kind in kinds)
            expect(alike, f"as many weights of {name} for each mass, spring and body", f"{kinds}")


def places_of(blocks: Sequence[WeightBlock], row: int, world: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of a world's weights and their places among its parameters, each shape (weights,).

    Args:
        blocks: of all worlds.
        row: parameters in a row.
        world: whose weights.
    """
    numbers, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for block in blocks:

        def own(name: str, block: WeightBlock = block) -> int:
            value = getattr(block, name)
            return row if value is None else int(value if np.ndim(value) == 0 else value[world])

        line, k = (index.ravel() for index in np.indices((own("lines"), own("count"))))
        group = own("group")
        numbers.append(own("weight") + line * own("weight_step") + k // group * own("group_step") + k % group)
        places.append(own("place") + line * own("place_step") + k // row * own("row_step") + k % row)
    return np.concatenate(numbers), np.concatenate(places)


def _layout(bodies: Bodies, row: int) -> Layout:
    """Return the sizes of bodies in rows; what masses gather does not matter to weights."""
    masses, springs = np.diff(bodies.mass_start), np.diff(bodies.spring_start)
    mass_start, spring_start = (offsets(-(-counts // row) * row) for counts in (masses, springs))
    return Layout(
        bodies.positions.shape[1], row, masses, springs, mass_start, spring_start, incidences=np.zeros_like(masses)
    )
