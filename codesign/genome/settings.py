"""What a user can choose about a lattice and the random genomes on it."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from codesign.checks import require_count, require_number
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
            require_count(self, field)
        cells = math.prod(self.shape)
        if cells > MOST_CELLS:
            got = f"{' x '.join(self.extents)} = {cells:,} cells"
            raise ConfigError(f"at most {MOST_CELLS:,} cells", got, f"choose fewer {' or '.join(self.extents)}")
        require_number(self, "side", above=0.0, unit="m", example=0.05)
        for field in ("fill", "muscle"):
            require_number(self, field, at_least=0.0, at_most=1.0, example=0.5)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each direction, as `extents` orders them."""
        return tuple(getattr(self, field) for field in self.extents)

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
