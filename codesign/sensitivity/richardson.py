"""Richardson's extrapolation of central differences to a step of zero, with an estimate of its error."""

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]


def extrapolated(differences: Numbers) -> tuple[Numbers, Numbers]:
    """Return the best extrapolation of each row of central differences, and an estimate of its error.

    With D(h) = f' + c2 h^2 + c4 h^4 + ..., combinations of D(h), D(h/2), ... cancel one power after the other
    (Richardson 1911). Of the whole table the entry is taken that is nearest to both entries that it is made of, since
    rounding grows along the rows (Ridders 1982; Press et al., Numerical Recipes, section 5.7).

    Args:
        differences: with steps that halve from one to the next, shape (rows, at least 2 steps).

    Returns:
        Both of shape (rows,).
    """
    table, best = [differences], differences[:, -1]
    error = np.abs(differences[:, -1] - differences[:, -2])
    power = 4.0
    while table[-1].shape[1] > 1:
        before = table[-1]
        after = before[:, 1:] + (before[:, 1:] - before[:, :-1]) / (power - 1.0)
        apart = np.maximum(np.abs(after - before[:, 1:]), np.abs(after - before[:, :-1]))
        least = np.argmin(np.where(np.isfinite(apart), apart, np.inf), axis=1)
        rows = np.arange(len(after))
        better = apart[rows, least] < error
        best = np.where(better, after[rows, least], best)
        error = np.where(better, apart[rows, least], error)
        table.append(after)
        power *= 4.0
    return best, error
