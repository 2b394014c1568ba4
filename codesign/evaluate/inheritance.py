"""What children have of their parents' weights: those of the lattice places that both have.

Weights belong to masses, to springs, or to a body as a whole (`Controller.weight_parts`), and masses and springs lie at
places of the lattice. So one mapping serves every controller, and bodies that learn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError
from codesign.evaluate.design_weights import DesignWeights
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.genome import Lattice
from codesign.sim import Controller, body_weight_parts

_AT_A_TIME = 256
"""Children that are looked at together."""

_KNOWN = 256
"""Sizes of bodies whose order of weights is remembered, which takes 8 bytes a weight."""

_Bools = NDArray[np.bool_]
_Ints = NDArray[np.int64]
_Weights = NDArray[np.floating]


def require_heritable(controller: Controller) -> None:
    """Check that a controller says which masses and springs its weights belong to.

    Raises:
        ConfigError: it does not, as low-level plug-ins need not.
    """
    if not hasattr(controller, "weight_parts"):
        got = f"{controller.name}, which has no `weight_parts`"
        raise ConfigError("a controller that says whose its weights are", got, "set {field}=none", "inheritance")


@dataclass(frozen=True)
class Ancestors:
    """Designs whose weights others may inherit.

    Attributes:
        cells: of their genomes, uint8, shape (n, cells).
        weights: what each learned, flat; a design may have none.
    """

    cells: NDArray[np.uint8]
    weights: Sequence[_Weights]


class WeightInheritance:
    """The mapping of weights from parents to children on one lattice.

    A place that several parents have is taken from the one whose cells around it are more of the child's, which is
    whom that part came from; where they have equally many, from the first. Weights of a body as a whole come from the
    first parent. Places are those of the lattice: a part that variation moved or turned has the weights of the place
    that it came to. What no parent has is new, and drawn.

    Args:
        spec: how designs are evaluated, which says what their weights are.
        controllers: whether weights of controllers are inherited; else those of bodies alone, which are then all the
            weights that parents have.
    """

    def __init__(self, spec: EvaluationSpec, *, controllers: bool) -> None:
        self._lattice: Lattice = spec.lattice.build()
        self._type = np.dtype(spec.execution.precision)
        self._fields = spec.learner.body.learned
        self._controllers = controllers
        self._bodies = bool(self._fields) and spec.learner.body.inherit
        weighted, dimension, steps = spec.weighted, spec.dimension, spec.physics.steps

        def parts(masses: int, springs: int) -> Mapping[str, _Ints]:
            if controllers:
                return weighted.weight_parts(masses, springs, dimension, steps)
            return body_weight_parts(self._fields, masses, springs)

        self._order = lru_cache(_KNOWN)(lambda masses, springs: _Order.of(parts(masses, springs), masses, springs))

    def inherited(
        self,
        children: NDArray[np.uint8],
        parents: _Ints,
        ancestors: Ancestors,
        allowed: _Bools | None = None,
    ) -> tuple[DesignWeights, NDArray[np.float64]]:
        """Return what children have of their parents' weights, NaN where it is drawn, and what share of theirs it is.

        A child that has nothing of its parents' has no weights here.

        Args:
            children: cells of each child, shape (n, cells).
            parents: places of its parents among the ancestors, -1 where it has none, the first parent first, shape
                (n, most parents).
            ancestors: all of these.
            allowed: which children inherit weights of controllers, where any do, shape (n,); None for all.

        Returns:
            The weights, of the precision that designs learn in, and the shares, from 0 to 1, shape (n,).
        """
        none = np.zeros(0, self._type)
        found, shares = [], np.zeros(len(children))
        for start in range(0, len(children), _AT_A_TIME):
            part = slice(start, min(start + _AT_A_TIME, len(children)))
            kinds = _sources(self._lattice, children[part], parents[part], ancestors.cells)
            for index in range(part.start, part.stop):
                given = [ancestors.weights[each] if each >= 0 else none for each in parents[index].tolist()]
                controller = self._controllers and (allowed is None or bool(allowed[index]))
                if not any(map(len, given)) or not (controller or self._bodies):
                    found.append(none)
                    continue
                own = self._inherited(kinds, index - start, given)
                self._draw(own, [kind.count(index - start) for kind in kinds], controller=controller)
                shares[index] = np.mean(~np.isnan(own))
                found.append(own)
        return DesignWeights.joined(found), shares

    def _inherited(self, kinds: Sequence["_Sources"], child: int, given: Sequence[_Weights]) -> _Weights:
        """Return what one child has of the weights of its parents, NaN where these have none for it.

        Args:
            kinds: where masses and springs of children come from.
            child: its number among these children.
            given: weights of each of its parents, none where there is no parent or it has none.
        """
        order = self._order(*(kind.count(child) for kind in kinds))
        sorted_own = np.full(len(order.weights), np.nan, self._type)
        whole, *blocks = order.blocks(sorted_own)
        for number, theirs in enumerate(given):
            if not len(theirs):
                continue
            behind = self._order(*(kind.count_of_parent(child, number) for kind in kinds))
            if len(behind.weights) != len(theirs):
                raise ValueError(f"expected {len(behind.weights)} weights of a parent; got {len(theirs)}")
            their_whole, *their_blocks = behind.blocks(theirs[behind.weights])
            if number == 0:
                whole[:] = their_whole
            for kind, block, their_block in zip(kinds, blocks, their_blocks, strict=True):
                mine, its = kind.shared(child, number)
                block[mine] = their_block[its]
        own = np.empty_like(sorted_own)
        own[order.weights] = sorted_own
        return own

    def _draw(self, own: _Weights, sizes: Sequence[int], *, controller: bool) -> None:
        """Let weights be drawn that a child does not inherit, although its parents have them.

        Args:
            own: its weights.
            sizes: its masses and springs.
            controller: whether it inherits its controller's.
        """
        if self._controllers:
            end = len(own) - sum(map(len, body_weight_parts(self._fields, *sizes).values()))
            if not controller:
                own[:end] = np.nan
            if not self._bodies:
                own[end:] = np.nan


@dataclass(frozen=True)
class _Order:
    """The weights of bodies of one size, part by part: of the whole, then of each mass, then of each spring.

    Attributes:
        weights: numbers of the weights in this order, shape (weights,).
        counts: parts of each kind: 1, the masses, the springs.
        each: weights of each part, kind by kind.
    """

    weights: _Ints
    counts: tuple[int, int, int]
    each: tuple[int, ...]

    @classmethod
    def of(cls, parts: Mapping[str, _Ints], masses: int, springs: int) -> "_Order":
        flat = np.concatenate([np.ravel(own) for own in parts.values()]) + 1
        narrow = flat.astype(np.uint16) if masses + springs < 2**16 - 1 else flat  # which NumPy sorts much faster
        counts, edges = (1, masses, springs), (0, 1, 1 + masses, 1 + masses + springs)
        many = np.bincount(flat, minlength=edges[-1])
        each = tuple(int(many[first]) if last > first else 0 for first, last in pairwise(edges))
        return cls(np.argsort(narrow, kind="stable"), counts, each)

    def blocks(self, weights: _Weights) -> list[_Weights]:
        """Return the weights in this order as one array for each kind, (parts, weights of each), which share memory."""
        found, start = [], 0
        for count, each in zip(self.counts, self.each, strict=True):
            found.append(weights[start : start + count * each].reshape(count, each))
            start += count * each
        return found


@dataclass(frozen=True)
class _Sources:
    """Where the masses, or springs, of some children come from; places are nodes, or edges, of the lattice.

    Attributes:
        present: which places each child has, shape (n, places).
        parent: which of its parents has each place and passes it on, -1 where none does, shape (n, places).
        rows: how many places before this each parent has, shape (parents, n, places).
        sizes: how many places each parent has, shape (parents, n).
    """

    present: _Bools
    parent: NDArray[np.int8]
    rows: NDArray[np.int32]
    sizes: _Ints

    def count(self, child: int) -> int:
        """Return how many of these parts a child has."""
        return int(np.count_nonzero(self.present[child]))

    def count_of_parent(self, child: int, number: int) -> int:
        """Return how many of these parts one of its parents has."""
        return int(self.sizes[number, child])

    def shared(self, child: int, number: int) -> tuple[_Ints, NDArray[np.int32]]:
        """Return which parts a child has from one of its parents, numbered among its own and among the parent's."""
        places = np.flatnonzero(self.present[child])
        mine = np.flatnonzero(self.parent[child, places] == number)
        return mine, self.rows[number, child, places[mine]]


def _sources(
    lattice: Lattice, children: NDArray[np.uint8], parents: _Ints, ancestors: NDArray[np.uint8]
) -> tuple[_Sources, _Sources]:
    """Return where masses and springs of children come from; for the arguments see `WeightInheritance.inherited`."""
    nobody = np.zeros((1, ancestors.shape[1]), dtype=ancestors.dtype)
    cells = np.concatenate([ancestors, nobody])[parents.T]
    spans = [lattice.span(own != 0) for own in (children, *cells)]
    found = []
    for kind, around in enumerate((lattice.node_cells, lattice.edge_cells)):
        present = spans[0][kind]
        theirs = np.stack([span[kind] for span in spans[1:]])
        rows = np.cumsum(theirs, axis=2, dtype=np.int32) - 1
        parent = np.where(present & theirs[0], 0, -1).astype(np.int8)
        several = np.flatnonzero((parents >= 0).sum(axis=1) > 1)
        if len(several):
            chosen = _nearest(children[several], cells[:, several], theirs[:, several], around)
            parent[several] = np.where(present[several], chosen, -1)
        found.append(_Sources(present, parent, rows, rows[:, :, -1].astype(np.int64) + 1))
    return found[0], found[1]


def _nearest(
    children: NDArray[np.uint8], parents: NDArray[np.uint8], present: _Bools, around: NDArray[np.int32]
) -> NDArray[np.int8]:
    """Return which parent each place comes from, -1 where none has it, shape (n, places).

    Args:
        children: cells, shape (n, cells).
        parents: theirs, shape (parents, n, cells).
        present: which places each parent has, shape (parents, n, places).
        around: cells around each place, padded with the number of cells, shape (places, most).
    """
    padding = [(0, 0), (0, 1)]
    own = np.pad(children, padding)[:, around]
    alike = [((np.pad(each, padding)[:, around] == own) & (own != 0)).sum(axis=2) for each in parents]
    # What a parent does not have is below what it has without a cell in common.
    agreement = np.where(present, np.stack(alike), -1)
    return np.where(agreement.max(axis=0) >= 0, agreement.argmax(axis=0), -1).astype(np.int8)
