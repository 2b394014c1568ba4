"""What a user can choose about a lattice and the random genomes on it."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from codesign.errors import ConfigError
from codesign.genome.lattice import Lattice

MOST_CELLS = 1_000_000


@dataclass(frozen=True)
class LatticeSettings(ABC):
    """The configuration of a lattice and of the random genomes on it; concrete lattices give the defaults.

    Attributes:
        name: key in `LATTICES`.
        rows: number of rows of cells, along y.
        columns: number of columns of cells, along x.
        side: length of a cell's side [m].
        fill: probability that a cell of a random genome is filled, before repair.
        muscle: probability of a muscle: per spring where the genome has muscle bits, else per filled cell.

    Raises:
        ConfigError: a value is out of range.
    """

    extents: ClassVar[tuple[str, ...]] = ("rows", "columns")
    """The fields that say how many cells there are along each direction, in the order in which cells are numbered."""

    name: str = ""
    rows: int = 1
    columns: int = 1
    side: float = 0.05
    fill: float = 0.5
    muscle: float = 0.5

    def __post_init__(self) -> None:
        for field in self.extents:
            self.require_count(field)
        cells = math.prod(self.shape)
        if cells > MOST_CELLS:
            got = f"{' x '.join(f'body.lattice.{field}' for field in self.extents)} = {cells:,} cells"
            raise ConfigError(f"at most {MOST_CELLS:,} cells", got, f"choose fewer {' or '.join(self.extents)}")
        self.require_positive("side")
        for field in ("fill", "muscle"):
            self.require_probability(field)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each direction, as `extents` orders them."""
        return tuple(getattr(self, field) for field in self.extents)

    def require_count(self, field: str) -> None:
        """Raise ConfigError unless the named field is an integer of at least 1."""
        value = getattr(self, field)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self._reject(field, "a whole number of at least 1", f"set body.lattice.{field} to 1 or more")

    def require_positive(self, field: str) -> None:
        """Raise ConfigError unless the named field is a finite number above 0."""
        if not self._is_number(field) or getattr(self, field) <= 0:
            self._reject(field, "a finite number above 0", f"set body.lattice.{field} to a number such as 0.05")

    def require_probability(self, field: str) -> None:
        """Raise ConfigError unless the named field is a number from 0 to 1."""
        if not self._is_number(field) or not 0 <= getattr(self, field) <= 1:
            self._reject(field, "a probability from 0 to 1", f"set body.lattice.{field} to a number such as 0.5")

    def _is_number(self, field: str) -> bool:
        value = getattr(self, field)
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    def _reject(self, field: str, expected: str, remedy: str) -> None:
        raise ConfigError(f"{expected} for body.lattice.{field}", repr(getattr(self, field)), remedy)

    def build(self) -> Lattice:
        """Return the lattice; the same settings give the same object."""
        return _built(self)

    @abstractmethod
    def construct(self) -> Lattice:
        """Work the lattice out; callers use `build`, which remembers the result."""

    @abstractmethod
    def material_probabilities(self) -> tuple[float, ...]:
        """Return the probability of each material in a cell of a random genome; they add up to 1."""


@lru_cache(maxsize=64)
def _built(settings: LatticeSettings) -> Lattice:
    return settings.construct()
