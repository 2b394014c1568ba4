"""Losses around the first and the learned weights of designs, and along the way between."""

from collections.abc import Sequence

import numpy as np

from codesign.body import Bodies, develop
from codesign.evaluate import DesignWeights, EvaluationSpec, Request, evaluate_designs
from codesign.landscape import BodyLines, LandscapeSettings, landscape_lines, landscape_measures, path_measures
from codesign.trainability.findings import Examined
from codesign.trainability.samples import Sample
from codesign.trainability.settings import RANDOM, SIZED
from codesign.trainability.trainings import NEW, first_weights_of


def landscape_values(
    spec: EvaluationSpec, sample: Sample, places: np.ndarray, settings: LandscapeSettings
) -> dict[str, np.ndarray]:
    """Return what losses are like around the first new start of designs and what they learned from it, by name.

    Args:
        spec: how they learn.
        sample: the designs.
        places: those of the sample that are looked at.
        settings: what is measured.

    Returns:
        Measures of landscapes and of the learner's way (`LANDSCAPE_MEASURES` and `PATH_MEASURES` of
        `codesign.landscape`), each float64, of the length of `places`.
    """
    identities, attempts = sample.identities[places], np.full(len(places), NEW)
    bodies, first, last = _weights(spec, sample, places)
    found = landscape_measures(spec, bodies, identities, first, last, settings)
    return {**found, **path_measures(spec, bodies, identities, attempts=attempts, settings=settings)}


def design_lines(spec: EvaluationSpec, sample: Sample, place: int, settings: LandscapeSettings) -> BodyLines:
    """Return the loss of one design of a sample on the lines that `landscape_values` looks at, for a figure."""
    places = np.array([place])
    bodies, first, last = _weights(spec, sample, places)
    (lines,) = landscape_lines(spec, bodies, sample.identities[places], first, last, settings)
    return lines


def typical_designs(found: Sequence[Examined]) -> list[tuple[Sample, int]]:
    """Return the designs with the median gain of two groups: random bodies, and the last population.

    Random bodies are those of the same sizes where there are some; without either, there is the last population alone.

    Args:
        found: samples, those of the last populations at the end.

    Returns:
        For each group a sample and the place of the design in it; the lower one of two medians.
    """
    groups = [each.sample.group for each in found]
    reference = next(([name] for name in (SIZED, RANDOM) if name in groups), [])
    chosen = list[tuple[Sample, int]]()
    for group in dict.fromkeys([*reference, *groups[-1:]]):
        members = [
            (float(gain), number, place)
            for number, each in enumerate(found)
            if each.sample.group == group
            for place, gain in enumerate(each.values["gain"])
            if np.isfinite(gain)
        ]
        if members:
            _, number, place = sorted(members)[(len(members) - 1) // 2]
            chosen.append((found[number].sample, place))
    return chosen


def _weights(spec: EvaluationSpec, sample: Sample, places: np.ndarray) -> tuple[Bodies, DesignWeights, DesignWeights]:
    """Return bodies, the weights of their first new start, and what they learned from it."""
    genomes, identities = sample.genomes[places], sample.identities[places]
    attempts = np.full(len(places), NEW)
    bodies = develop(spec.lattice.build(), genomes, spec.tissue)
    learned = evaluate_designs(spec, Request(genomes, identities, attempts=attempts))
    first = DesignWeights.joined(
        [
            first_weights_of(spec, bodies.take(np.array([index])), identities[[index]], attempts[[index]])
            for index in range(len(places))
        ]
    )
    return bodies, first, DesignWeights(learned.weights.astype(np.float64), learned.weight_start)
