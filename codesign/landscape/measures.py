"""What the loss of bodies is like around their first and their learned weights, one number of each kind for a body."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies, offsets
from codesign.errors import ConfigError
from codesign.evaluate import DesignWeights, EvaluationSpec
from codesign.landscape import shapes
from codesign.landscape.landscapes import Landscape, SimulatedLandscape, held_together
from codesign.landscape.lines import BodyLines, LinesAt, downhill, lines_of
from codesign.landscape.settings import LandscapeSettings
from codesign.sensitivity import length_of
from codesign.streams import Purpose, stream

Numbers = npt.NDArray[Any]

PLACES = ("first", "learned")


@dataclass(frozen=True, eq=False)
class Subject:
    """One body's weights that landscapes are looked at from.

    Attributes:
        first: weights that learning begins with, shape (weights,).
        learned: the best weights that it came to, shape (weights,).
        starts: other first weights, shape (starts, weights).
        directions: random directions of length one, shape (directions, weights).
    """

    first: Numbers
    learned: Numbers
    starts: Numbers
    directions: Numbers


def landscape_measures(
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: npt.NDArray[np.int64],
    first: DesignWeights,
    learned: DesignWeights,
    settings: LandscapeSettings | None = None,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return measures of the landscapes of designs, by name, float64, each of shape (bodies,).

    `LANDSCAPE_MEASURES` says what each of them is. A number that does not exist is NaN, for example what is relative to
    the gain of a body that did not learn. No number depends on the other bodies, or on how many fit into the memory.

    Args:
        spec: how designs are evaluated.
        bodies: at least one.
        identities: (generation, individual) of each, which with the spec's seed addresses its random directions and its
            other starts, the attempts 1, 2, ... of `Request`; int64, shape (bodies, 2).
        first: all weights that each began to learn from, see `first_design_weights`.
        learned: all weights of its lowest loss.
        settings: what is measured; takes `LandscapeSettings.episodes` episodes of each body.

    Raises:
        MemoryBudgetError: a body alone does not fit into the memory.
        ConfigError: weights of another number than a body has.
    """
    parts = [
        measures_of(landscape, subjects, chosen)
        for landscape, subjects, chosen in _groups(spec, bodies, identities, first, learned, settings)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def landscape_lines(
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: npt.NDArray[np.int64],
    first: DesignWeights,
    learned: DesignWeights,
    settings: LandscapeSettings | None = None,
) -> list[BodyLines]:
    """Return the loss of each body on its lines, for figures; see `landscape_measures`, which looks at the same."""
    found = list[BodyLines]()
    for landscape, subjects, chosen in _groups(spec, bodies, identities, first, learned, settings):
        gradients = landscape.losses_and_gradients([np.stack([each.first, each.learned]) for each in subjects])[1]
        found += _lines(landscape, subjects, gradients, chosen)
    return found


def first_design_weights(
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: npt.NDArray[np.int64],
    first: DesignWeights | None = None,
    attempts: npt.NDArray[np.int64] | None = None,
) -> DesignWeights:
    """Return all weights that designs begin to learn from, those that are drawn included; see `Request`."""
    flat = spec.first_weights(bodies, identities, first=first, attempts=attempts)
    return DesignWeights(flat, offsets(spec.weight_counts(bodies)))


def _groups(spec: Any, bodies: Bodies, identities: Any, first: Any, learned: Any, settings: Any) -> Any:
    """Yield the landscape, the subjects and the settings of as many bodies at a time as fit into the memory."""
    chosen = settings or LandscapeSettings()
    sizes = spec.weight_counts(bodies)
    for name, given in (("first", first), ("learned", learned)):
        if not np.array_equal(np.diff(given.start), sizes):
            got = f"{np.diff(given.start).tolist()}"
            raise ConfigError(f"{sizes.tolist()} {name} weights", got, "give all weights of each of these bodies")
    for part in held_together(spec, sizes, chosen.episodes):
        own, who = bodies[part], identities[part]
        indices = range(part.start, part.stop)
        starts = _starts(spec, own, who, chosen.starts)
        subjects = [
            Subject(
                _numbers(first, index), _numbers(learned, index), others, _directions(spec.seed, name, others, chosen)
            )
            for index, others, name in zip(indices, starts, who.tolist(), strict=True)
        ]
        properties = bodies.has_material_properties
        yield SimulatedLandscape(spec, own, material_properties=properties), subjects, chosen


def _numbers(weights: DesignWeights, index: int) -> Numbers:
    return weights.of(index).astype(np.float64)


def _starts(spec: EvaluationSpec, bodies: Bodies, identities: Numbers, count: int) -> list[Numbers]:
    """Return other first weights of each body, each of shape (count, weights)."""
    sizes = spec.weight_counts(bodies)
    ends = np.cumsum(sizes)[:-1]
    attempts = [np.full(len(bodies), attempt) for attempt in range(1, count + 1)]
    drawn = [np.split(spec.first_weights(bodies, identities, attempts=each), ends) for each in attempts]
    return [np.array([own[body] for own in drawn]).reshape(count, size) for body, size in enumerate(sizes.tolist())]


def _directions(seed: int, identity: list[int], starts: Numbers, settings: LandscapeSettings) -> Numbers:
    """Return random directions of length one, uniform on the sphere, shape (directions, weights)."""
    generator = stream(seed, identity[0], identity[1], Purpose.LANDSCAPE)
    drawn = generator.normal(size=(settings.directions, starts.shape[1]))
    return drawn / np.sqrt((drawn * drawn).sum(axis=1, keepdims=True))


def measures_of(
    landscape: Landscape, subjects: Sequence[Subject], settings: LandscapeSettings
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the measures of any landscape, see `landscape_measures`.

    Args:
        landscape: of the bodies.
        subjects: the weights of each.
        settings: what is measured.
    """
    here = [np.concatenate([np.stack([each.first, each.learned]), each.starts]) for each in subjects]
    gradients = landscape.losses_and_gradients(here)[1]
    lines = _lines(landscape, subjects, gradients, settings)
    moved = landscape.losses_and_gradients(
        [_moved(each, own, settings) for each, own in zip(subjects, gradients, strict=True)]
    )
    rows = []
    for body, own in enumerate(lines):
        gain = float(own.straight[0] - own.straight[-1])
        row = _straight(own)
        count = len(moved[0][body]) // len(PLACES)
        for number, place in enumerate(PLACES):
            through = getattr(own, place)
            part = slice(number * count, (number + 1) * count)
            after = moved[0][body][part], moved[1][body][part]
            found = _of_lines(through, gain) | _of_moves(gradients[body][number], own.at(place), after, settings)
            row |= {f"{place}_{name}": value for name, value in found.items()}
        rows.append(row | _of_starts(gradients[body][len(PLACES) :], settings))
    return {name: np.array([row[name] for row in rows], np.float64) for name in rows[0]}


def _lines(
    landscape: Landscape, subjects: Sequence[Subject], gradients: Sequence[Numbers], settings: LandscapeSettings
) -> list[BodyLines]:
    places = [(each.first, each.learned) for each in subjects]
    directions = [each.directions for each in subjects]
    return lines_of(landscape, places, [own[: len(PLACES)] for own in gradients], directions, settings)


def _moved(subject: Subject, gradients: Numbers, settings: LandscapeSettings) -> Numbers:
    """Return the weights after moves from each place: near and far, down the gradient and in random directions."""
    found = []
    for place, gradient in zip((subject.first, subject.learned), gradients, strict=False):
        along = np.concatenate([downhill(gradient)[None], subject.directions])
        found += [place + length * along for length in (settings.near, settings.far)]
    return np.concatenate(found)


def _straight(lines: BodyLines) -> dict[str, float]:
    losses = lines.straight
    drop = float(losses[0] - losses[-1])
    beyond = shapes.variation_beyond(losses)
    return {
        "straight_length": lines.length,
        "straight_drop": drop,
        "straight_barrier": shapes.barrier(losses),
        "straight_variation": beyond,
        "straight_relative_variation": shapes.ratio(beyond, drop),
    }


def _of_lines(lines: LinesAt, gain: float) -> dict[str, float]:
    found = {}
    for name, rows in (("downhill", lines.downhill[None]), ("random", lines.random)):
        rough = [shapes.roughness(row) for row in rows]
        beyond = [shapes.variation_beyond(row) for row in rows]
        relative = [shapes.ratio(each, shapes.height(row)) for each, row in zip(beyond, rows, strict=True)]
        found |= {
            f"{name}_variation": shapes.mean(beyond),
            f"{name}_relative_variation": shapes.mean(relative),
            f"{name}_roughness": shapes.mean(rough),
            f"{name}_relative_roughness": shapes.ratio(shapes.mean(rough), gain),
            f"{name}_unexplained": shapes.mean([shapes.unexplained(row) for row in rows]),
        }
    return found


def _of_moves(
    gradient: Numbers, loss: float, after: tuple[Numbers, Numbers], settings: LandscapeSettings
) -> dict[str, float]:
    """Return what changes from a place to those that moves lead to.

    Args:
        gradient: at the place.
        loss: there.
        after: losses and gradients where near moves lead to, and far ones, each downhill first and then in random
            directions.
        settings: how long moves are.
    """
    size, found = length_of(gradient), {"gradient_norm": length_of(gradient)}
    count = 1 + settings.directions
    for number, (reach, length) in enumerate((("near", settings.near), ("far", settings.far))):
        losses, gradients = (each[number * count : (number + 1) * count] for each in after)
        cosines = np.array([shapes.cosine(gradient, each) for each in gradients])
        changes = np.array([_norm(each - gradient) for each in gradients])
        for name, part in (("downhill", slice(0, 1)), ("random", slice(1, None))):
            change = shapes.mean(changes[part])
            found[f"{name}_{reach}_cosine"] = shapes.mean(cosines[part])
            found[f"{name}_{reach}_change"] = shapes.ratio(change, size)
            found[f"{name}_{reach}_lipschitz"] = change / length
        down = float(losses[0])
        found[f"downhill_{reach}_descends"] = float(down < loss) if np.isfinite(down) else float("nan")
        found[f"downhill_{reach}_descent"] = shapes.ratio(loss - down, length * size)
    return found


def _norm(difference: Numbers) -> float:
    length = length_of(difference)
    return length if np.isfinite(length) else float("nan")


def _of_starts(gradients: Numbers, settings: LandscapeSettings) -> dict[str, float]:
    """Return how gradients at several first weights differ."""
    norms = np.array([length_of(each) for each in gradients])
    used = norms[np.isfinite(norms) & (norms > 0.0)]
    logarithms = np.log10(used)
    return {
        "starts_norm_spread": float(logarithms.std(ddof=1)) if len(used) > 1 else float("nan"),
        "starts_norm_median": float(np.median(used)) if len(used) else float("nan"),
        "starts_norm_largest": float(used.max()) if len(used) else float("nan"),
        "starts_norm_large": float((~(norms < settings.large)).mean()) if len(norms) else float("nan"),
    }
