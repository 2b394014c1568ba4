"""What an evaluator is asked for: designs, and what is special about their evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codesign.body import Bodies
from codesign.evaluate.design_weights import DesignWeights
from codesign.evaluate.kept_weights import KeptWeights
from codesign.genome import Genomes


@dataclass(frozen=True)
class Request:
    """Designs to evaluate, and what is special about that; entry i of each field with entries belongs to design i.

    Attributes:
        designs: genomes, or bodies that came from elsewhere; at least one.
        identities: (generation, individual) of each, which addresses its random stream, int64, shape (n, 2).
        thresholds: performance that a design must have reached after so many learning steps to go on, -inf where
            any will do, float64, shape (iterations,), see `elimination_thresholds`; after steps that are not there any
            will do, too. None where every design learns to the end.
        keep: of which of these designs weights are needed, None for all; others may come without theirs, so that
            they need not be sent.
        first: weights that designs begin to learn from, as far as they are not drawn, see `DesignWeights`; None where
            all are drawn, and all bodies begin as drawn.
        attempts: which of a design's starts it learns from: 0 for its own, any other number for a new one, of the
            same distribution; int64, shape (n,). None for its own of all. Where designs have several starts
            (`Learner.restarts`), those of attempt a are numbers a * starts to a * starts + starts - 1 among all.
    """

    designs: Genomes | Bodies
    identities: NDArray[np.int64]
    thresholds: NDArray[np.float64] | None = None
    keep: KeptWeights | None = None
    first: DesignWeights | None = None
    attempts: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.designs)

    @property
    def genomes(self) -> Genomes:
        """The designs, which are genomes wherever a search or a run asks.

        Raises:
            TypeError: they are bodies.
        """
        if isinstance(self.designs, Bodies):
            raise TypeError("expected genomes; got bodies; call evaluate_bodies")
        return self.designs

    @property
    def bodies(self) -> Bodies:
        """The designs, where they are bodies.

        Raises:
            TypeError: they are genomes.
        """
        if not isinstance(self.designs, Bodies):
            raise TypeError("expected bodies; got genomes; call evaluate_designs")
        return self.designs

    def take(self, indices: NDArray[np.integer] | slice) -> "Request":
        """Return the same for the designs at `indices`, in that order."""
        chosen = np.arange(len(self))[indices] if isinstance(indices, slice) else np.asarray(indices, dtype=np.int64)
        designs = self.designs.take(chosen) if isinstance(self.designs, Bodies) else self.designs[chosen]
        return replace(
            self,
            designs=designs,
            identities=self.identities[chosen],
            first=None if self.first is None else self.first.take(chosen),
            attempts=None if self.attempts is None else self.attempts[chosen],
        )

    @classmethod
    def joined(cls, parts: "Sequence[Request]") -> "Request":
        """Return the genomes of several requests as one, in their order; at least one, without thresholds and attempts.

        What is kept is what the first asks for.
        """
        known = [part.first for part in parts if part.first is not None]
        first = None
        if known:
            none = known[0].values[:0]
            each = [part.first or DesignWeights.joined([none] * len(part)) for part in parts]
            first = DesignWeights.concatenate(each)
        return cls(
            Genomes.concatenate([part.genomes for part in parts]),
            np.concatenate([part.identities for part in parts]),
            keep=parts[0].keep,
            first=first,
        )

    def developed(self, bodies: Bodies) -> "Request":
        """Return the same with the bodies that grew from the genomes."""
        return replace(self, designs=bodies)
