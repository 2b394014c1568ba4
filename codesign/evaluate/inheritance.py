"""What children have of their parents' weights."""

from collections.abc import Sequence

import numpy as np

from codesign.genome import Lattice

SPRINGS = "springs"
"""A block of weights that has a number for every spring of a body."""

MASSES = "masses"
"""A block of weights that has a number for every mass of a body."""


def inherited_weights(
    lattice: Lattice, blocks: Sequence[str], child: np.ndarray, parents: np.ndarray, weights: Sequence[np.ndarray]
) -> np.ndarray:
    """Return what a child has of its parents' weights: those of lattice places that both bodies have, 0 elsewhere.

    A place that several parents have is taken from the one whose cells around it are more of the child's, which is
    whom that part came from; where they have equally many, from the first. Places are those of the lattice: a part
    that variation moved or turned has the weights of the place that it came to.

    Args:
        lattice: of the genomes.
        blocks: of what each block of weights is, `SPRINGS` or `MASSES`.
        child: cells of the child, uint8, shape (cells,).
        parents: cells of each parent, uint8, shape (parents, cells), at least one.
        weights: of each parent, flat; a parent with none has a body as drawn.

    Returns:
        The child's body weights, flat, of the parents' precision.
    """
    cells = np.concatenate([child[None], parents])
    spans = lattice.span(cells != 0)
    present = {MASSES: spans[0], SPRINGS: spans[1]}
    around = {MASSES: lattice.node_cells, SPRINGS: lattice.edge_cells}
    found: list[np.ndarray] = []
    offsets = [0] * len(parents)
    sources = {part: _source(cells, present[part], around[part]) for part in dict.fromkeys(blocks)}
    for part in blocks:
        places = np.zeros(present[part].shape[1], dtype=weights[0].dtype)
        for number, own in enumerate(weights):
            there = present[part][number + 1]
            count = int(there.sum())
            everywhere = np.zeros(len(places), dtype=places.dtype)
            if len(own):
                everywhere[there] = own[offsets[number] : offsets[number] + count]
                offsets[number] += count
            chosen = sources[part] == number
            places[chosen] = everywhere[chosen]
        found.append(places[present[part][0]])
    return np.concatenate([*found, np.zeros(0, dtype=weights[0].dtype)])


def _source(cells: np.ndarray, present: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Return which parent each place of a child comes from, -1 where the place is new, shape (places,).

    Args:
        cells: of the child and its parents, shape (1 + parents, cells).
        present: which places each of them has, shape (1 + parents, places).
        around: cells around each place, padded with the number of cells, shape (places, most).
    """
    padded = np.concatenate([cells, np.zeros((len(cells), 1), dtype=cells.dtype)], axis=1)
    own = padded[0][around]
    alike = [((padded[number][around] == own) & (own != 0)).sum(axis=1) for number in range(1, len(cells))]
    # What a parent does not have is below what it has without a cell in common.
    agreement = np.where(present[1:], np.stack(alike), -1)
    source = agreement.argmax(axis=0)
    return np.where(agreement.max(axis=0) >= 0, source, -1)
