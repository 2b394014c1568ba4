"""What designs that a run selected are worth from new starts: selection keeps the luckiest evaluations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NewStarts:
    """The best designs of a run, their fitness there, and from starts that had no part in their selection.

    A design learns from scratch there, with all the steps of a design of the first generation, whatever it inherited.

    Attributes:
        generation: after which they were the best.
        designs: their ids, the best first.
        fitness: of each in the run, float64, shape (n,).
        from_new_starts: fitness from each new start, -inf where invalid, float64, shape (n, starts).
        robot_steps: steps simulated for that.
    """

    generation: int
    designs: tuple[str, ...]
    fitness: Numbers
    from_new_starts: Numbers
    robot_steps: int

    def __len__(self) -> int:
        return len(self.designs)

    @property
    def starts(self) -> int:
        """New starts of each design."""
        return self.from_new_starts.shape[1]

    @property
    def valid(self) -> Numbers:
        """Fitness from each new start, NaN where invalid, shape (n, starts)."""
        return np.where(np.isfinite(self.from_new_starts), self.from_new_starts, np.nan)

    @property
    def means(self) -> Numbers:
        """Mean over the valid new starts of each design, NaN where there is none, shape (n,)."""
        counts = np.isfinite(self.valid).sum(axis=1)
        return np.divide(np.nansum(self.valid, axis=1), counts, out=np.full(len(self), np.nan), where=counts > 0)

    @property
    def spreads(self) -> Numbers:
        """Standard deviation over the valid new starts of each design (n - 1), NaN below two, shape (n,)."""
        counts = np.isfinite(self.valid).sum(axis=1)
        squares = np.nansum((self.valid - self.means[:, None]) ** 2, axis=1)
        return np.sqrt(np.divide(squares, counts - 1, out=np.full(len(self), np.nan), where=counts > 1))

    @property
    def highest(self) -> Numbers:
        """Best fitness over the new starts of each design, NaN where all are invalid, shape (n,)."""
        best = self.from_new_starts.max(axis=1)
        return np.where(np.isfinite(best), best, np.nan)

    @property
    def lowest(self) -> Numbers:
        """Least fitness over the valid new starts of each design, NaN where there is none, shape (n,)."""
        least = np.where(np.isfinite(self.from_new_starts), self.from_new_starts, np.inf).min(axis=1)
        return np.where(np.isfinite(least), least, np.nan)

    @property
    def best(self) -> str | None:
        """Id of the design whose mean from new starts is highest; None where none is valid."""
        known = np.where(np.isnan(self.means), -np.inf, self.means)
        return None if np.isneginf(known).all() else self.designs[int(np.argmax(known))]

    def of(self, design: str) -> "NewStarts | None":
        """Return the same of one design alone, None where it is not among them."""
        if design not in self.designs:
            return None
        place = self.designs.index(design)
        rows = slice(place, place + 1)
        return NewStarts(
            self.generation, (design,), self.fitness[rows], self.from_new_starts[rows], self.robot_steps // len(self)
        )

    def __str__(self) -> str:
        """Return the means of all designs in the run and from new starts, a line."""
        known = np.isfinite(self.means)
        own, new = self.fitness.mean(), self.means[known].mean() if known.any() else np.nan
        return f"{len(self)} designs: fitness {own:.3f} in the run, {new:.3f} from {self.starts} new starts each"
