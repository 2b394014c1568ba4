"""Losses around the first and the learned weights of designs, and along the way between."""

import numpy as np

from codesign.body import develop
from codesign.evaluate import DesignWeights, EvaluationSpec, Request, evaluate_designs
from codesign.landscape import LandscapeSettings, landscape_measures, path_measures
from codesign.trainability.samples import Sample
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
    last = DesignWeights(learned.weights.astype(np.float64), learned.weight_start)
    found = landscape_measures(spec, bodies, identities, first, last, settings)
    return {**found, **path_measures(spec, bodies, identities, attempts=attempts, settings=settings)}
