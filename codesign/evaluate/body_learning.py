"""Bodies that learn: what of them is learned, and what they are with given weights."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from codesign.body import Bodies
from codesign.evaluate.body_ties import by_material, by_symmetry
from codesign.sim import PARTS, BodyParameters, LearnedField
from codesign.train import BodyLearning

if TYPE_CHECKING:
    from codesign.evaluate.evaluation_spec import EvaluationSpec

_CLOSE = 0.99
"""Share of the way to 1 that a swing may come at most."""


def body_parameters(learning: BodyLearning, bodies: Bodies) -> BodyParameters | None:
    """Return what of bodies is learned; None where nothing is.

    Raises:
        BodyError: a body without cells, whose parts are to learn by their materials.
    """
    if not learning.learned:
        return None
    groups = {
        "none": lambda: {part: np.arange(count) for part, count in _totals(bodies).items()},
        "material": lambda: by_material(bodies),
        "symmetry": lambda: by_symmetry(bodies),
    }[learning.tie]()
    fields = {}
    for name in learning.learned:
        drawn = getattr(bodies, name)
        reach = getattr(learning, name) * drawn
        if name == "swings":
            reach = np.minimum(reach, _CLOSE * (1.0 - drawn))
        fields[name] = LearnedField(drawn, reach, groups[PARTS[name]])
    return BodyParameters(fields, learning.rate)


def learned_bodies(spec: "EvaluationSpec", bodies: Bodies, weights: Sequence[np.ndarray]) -> Bodies:
    """Return bodies as they have learned to be, to the bit as the simulator has them; as drawn where none learns.

    Args:
        spec: how they learned, which says what of bodies is learned.
        bodies: as drawn.
        weights: of each, flat: its controller's and its body's, as a design's are. A design without any is as drawn.

    Raises:
        ValueError: weights of another number.
        BodyError: see `body_parameters`.
    """
    parameters = body_parameters(spec.learner.body, bodies)
    if parameters is None:
        return bodies
    own = body_weights(spec, bodies, weights)
    counts = _counts(bodies)
    starts = [0] * len(bodies)
    found = {}
    for name, field in parameters.fields.items():
        pieces = []
        for index, count in enumerate(counts[PARTS[name]].tolist()):
            pieces.append(own[index][starts[index] : starts[index] + count])
            starts[index] += count
        found[name] = field.values(np.concatenate(pieces).astype(np.float64), parameters.rate)
    return replace(bodies, **found)


def controller_weights(spec: "EvaluationSpec", bodies: Bodies, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the weights of each design's controller alone, flat; for the arguments see `learned_bodies`."""
    sizes = body_sizes(spec.learner.body, bodies)
    return [own[: max(len(own) - size, 0)] for own, size in zip(weights, sizes.tolist(), strict=True)]


def body_weights(spec: "EvaluationSpec", bodies: Bodies, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the weights of each design's body alone, flat, zeros for a design without any; see `learned_bodies`.

    Raises:
        ValueError: fewer weights than the body has.
    """
    found = []
    sizes = body_sizes(spec.learner.body, bodies)
    for index, (own, size) in enumerate(zip(weights, sizes.tolist(), strict=True)):
        if 0 < len(own) < size:
            raise ValueError(f"expected {size} weights of body {index}; got {len(own)}; give those of its design")
        found.append(own[len(own) - size :] if len(own) else np.zeros(size, own.dtype))
    return found


def body_sizes(learning: BodyLearning, bodies: Bodies) -> np.ndarray:
    """Return how many weights each body has besides its controller's, int64, shape (bodies,)."""
    counts = _counts(bodies)
    return sum((counts[PARTS[name]] for name in learning.learned), start=np.zeros(len(bodies), np.int64))


def _counts(bodies: Bodies) -> dict[str, np.ndarray]:
    return {"springs": np.diff(bodies.spring_start), "masses": np.diff(bodies.mass_start)}


def _totals(bodies: Bodies) -> dict[str, int]:
    return {"springs": len(bodies.springs), "masses": len(bodies.positions)}
