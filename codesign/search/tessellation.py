"""Centroidal Voronoi tessellations of the unit cube, the same to the bit whatever the number of threads."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

SAMPLES_PER_CELL = 100

MOST_SAMPLES = 200_000

ROUNDS = 30


def centroids(count: int, dimension: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return points whose cells, the places that are nearest to each, have about the same size.

    Random samples of the cube are put to the nearest point, which moves to their mean, again and again (Lloyd 1982;
    as Vassiliades, Chatzilygeroudis & Mouret 2018 do).

    Args:
        count: points.
        dimension: of the cube.
        generator: what samples are drawn from.

    Returns:
        float64, from 0 to 1, shape (count, dimension).
    """
    samples = generator.uniform(size=(max(count, min(SAMPLES_PER_CELL * count, MOST_SAMPLES)), dimension))
    found = samples[:count].copy()
    for _ in range(ROUNDS):
        nearest = KDTree(found).query(samples)[1]
        sizes = np.bincount(nearest, minlength=count)
        sums = np.stack([np.bincount(nearest, samples[:, axis], count) for axis in range(dimension)], axis=1)
        found = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], found)
    return found
