"""What learning changed about bodies, design by design, and what children have of their parents' weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.genome import Lattice

SPRINGS = "springs"
"""A block of weights that has a number for every spring of a body."""

MASSES = "masses"
"""A block of weights that has a number for every mass of a body."""


@dataclass(frozen=True)
class BodyWeights:
    """Changes of bodies by learning, one design after the other.

    They are the blocks of a design's weights that follow its controller's: a number for each spring or mass, 0 where
    it is as drawn.

    Attributes:
        values: of all designs, flat, of the precision that they were learned in.
        start: first number of each design and the end of the last, int64, shape (n + 1,). A design may have none,
            which means that its body is as drawn.
    """

    values: np.ndarray
    start: np.ndarray

    def __len__(self) -> int:
        return len(self.start) - 1

    def of(self, index: int) -> np.ndarray:
        """Return the weights of one design, flat."""
        return self.values[self.start[index] : self.start[index + 1]]

    def take(self, indices: np.ndarray) -> "BodyWeights":
        """Return the weights of the designs at `indices`, in that order."""
        return BodyWeights.joined([self.of(index) for index in np.asarray(indices, dtype=np.int64).tolist()])

    @classmethod
    def joined(cls, parts: Sequence[np.ndarray]) -> "BodyWeights":
        """Return the weights of designs, given those of each."""
        start = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        return cls(np.concatenate([*parts]) if parts else np.zeros(0, dtype=np.float32), start)

    @classmethod
    def concatenate(cls, parts: Sequence["BodyWeights"]) -> "BodyWeights":
        """Return the weights of all designs of all parts, at least one, one part after the other."""
        lengths = np.concatenate([np.diff(part.start) for part in parts])
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(np.concatenate([part.values for part in parts]), start)


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
