"""The springs of a body as a linear system, solved directly: what the simulator must come to where motions are small.

This is the matrix displacement method for pin-jointed bars (J. S. Przemieniecki, Theory of Matrix Structural Analysis,
1968, section 5.1), and nothing of the simulator.
"""

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import eigsh, splu

from codesign.body import Body


def stiffness_matrix(body: Body) -> csr_array:
    """Return the stiffness matrix of a body at rest [N/m], shape (dim * masses, dim * masses)."""
    ends = body.positions[body.springs]
    along = ends[:, 1] - ends[:, 0]
    direction = along / np.linalg.norm(along, axis=1, keepdims=True)
    springs, dim = direction.shape
    rows = np.repeat(np.arange(springs), 2 * dim)
    places = (body.springs[:, :, None] * dim + np.arange(dim)).reshape(springs, -1)
    values = np.concatenate([-direction, direction], axis=1)
    shape = (springs, dim * len(body.positions))
    lengthening = csr_array((values.ravel(), (rows, places.ravel())), shape=shape)
    weighed = csr_array((np.repeat(body.stiffness, 2 * dim) * values.ravel(), (rows, places.ravel())), shape=shape)
    return csr_array(lengthening.T @ weighed)


def displacements(body: Body, forces: np.ndarray) -> np.ndarray:
    """Return how far masses are moved by forces that balance each other [m], shape (masses, dim).

    A balanced body can be held anywhere without a reaction: here at three of its masses, which leaves no rigid motion.

    Args:
        body: at rest.
        forces: on every mass [N], shape (masses, dim).
    """
    masses, dim = body.positions.shape
    centre = np.abs(body.positions[:, 0]) < 1e-6
    middle = np.flatnonzero(centre)
    height = body.positions[middle, -1]
    low, high = middle[np.argmin(height)], middle[np.argmax(height)]
    held = [low * dim + axis for axis in range(dim)] + [high * dim]
    if dim == 3:
        aside = middle[np.argmax(body.positions[middle, 1] - body.positions[middle, 2])]
        held += [high * dim + 1, aside * dim]
    free = np.setdiff1d(np.arange(masses * dim), held)
    matrix = stiffness_matrix(body)[free][:, free]
    moved = np.zeros(masses * dim)
    moved[free] = splu(csc_array(matrix)).solve(forces.ravel()[free])
    return moved.reshape(masses, dim)


def frequencies(body: Body, count: int, held: np.ndarray | None = None) -> np.ndarray:
    """Return the lowest angular frequencies of a body that are not rigid motions [rad/s], shape (count,).

    Args:
        body: at rest; its masses count as 1 kg each.
        count: how many.
        held: which masses do not move, more than one, shape (masses,); none if not given.
    """
    points, dim = body.positions.shape
    free = np.arange(points * dim) if held is None else np.flatnonzero(np.repeat(~held, dim))
    rigid = (3 if dim == 2 else 6) if held is None else 0
    matrix = csc_array(stiffness_matrix(body)[free][:, free])
    # A shift a little below zero keeps the matrix regular, which has rigid motions at zero.
    shift = -1e-4 * float(body.stiffness.mean())
    found = eigsh(matrix, k=count + rigid, sigma=shift, return_eigenvectors=False)
    return np.sqrt(np.sort(found)[rigid:])


def fastest(body: Body) -> float:
    """Return the largest angular frequency of a body of 1 kg masses [rad/s]."""
    found = eigsh(stiffness_matrix(body), k=1, which="LA", return_eigenvectors=False)
    return float(np.sqrt(found[0]))
