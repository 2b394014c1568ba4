"""Lattices as materials: which elastic constants and which bending stiffness follow from their springs alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from codesign.body import Body, Tissue, develop
from codesign.genome import LATTICES, Genomes

STIFFNESS = 1.0e4
"""Of every spring [N/m]; masses are 1 kg."""

SIDE = 0.1
"""Of every cell [m]."""


@dataclass(frozen=True)
class Material:
    """The continuum that a lattice of equal springs k and side a is far from its borders, for loads along its axes.

    The energy of a uniformly strained cell gives the elastic constants (the Cauchy-Born rule; M. Born and K. Huang,
    Dynamical Theory of Crystal Lattices, 1954, section 11; M. Ostoja-Starzewski, Lattice models in micromechanics,
    Appl. Mech. Rev. 55, 2002, sections 2 and 3). In 2D stresses are forces per length:

    - triangle: lambda = mu = sqrt(3)/4 k, isotropic, so E = 2 k / sqrt(3), nu = 1/3, G = sqrt(3)/4 k;
    - square with both diagonals: C11 = 2 k, C12 = C66 = k, not isotropic; along the sides E = C11 - C12^2 / C11 =
      3/2 k, nu = C12 / C11 = 1/2, G = k;
    - cube with face diagonals: C11 = 3 k/a, C12 = C44 = k/a, isotropic since C11 - C12 = 2 C44, so E =
      (C11 - C12)(C11 + 2 C12)/(C11 + C12) = 5/2 k/a, nu = C12/(C11 + C12) = 1/4, G = k/a.

    Attributes:
        young: modulus E along x [N/m in 2D, N/m^2 in 3D].
        poisson: ratio nu.
        shear: modulus G, in units of E.
        fastest: square of the fastest angular frequency of an endless lattice, in units of k per mass.
    """

    young: float
    poisson: float
    shear: float
    fastest: float


def material_of(lattice: str, stiffness: float = STIFFNESS, side: float = SIDE) -> Material:
    """Return the continuum of a lattice of springs of one stiffness [N/m] and cells of one side [m]."""
    k, root = stiffness, math.sqrt(3.0)
    return {
        "triangle": Material(2.0 * k / root, 1.0 / 3.0, root / 4.0 * k, 6.0),
        "square": Material(1.5 * k, 0.5, k, 8.0),
        "cube": Material(2.5 * k / side, 0.25, k / side, 12.0),
    }[lattice]


@dataclass(frozen=True, eq=False)
class Beam:
    """A full rectangle of a lattice, around the origin with its length along x.

    Attributes:
        lattice: key of `LATTICES`.
        body: masses and springs.
        height: of the rectangle [m].
        area: of its cross-section [m in 2D, m^2 in 3D].
        continuum_stiffness: bending stiffness E I of a rectangle of the lattice's material.
        stiffness: bending stiffness of the springs themselves, from `bending_stiffness`.
    """

    lattice: str
    body: Body
    height: float
    area: float
    continuum_stiffness: float
    stiffness: float

    @property
    def half_length(self) -> float:
        """Distance from the middle to an end [m]."""
        return float(self.body.positions[:, 0].max())

    @property
    def shear_stiffness(self) -> float:
        """5/6 G A (E. Reissner, J. Appl. Mech. 12, 1945); N cubes across have N + 1 planes that bear shear."""
        planes = 1.0 + SIDE * self.height / self.area if self.lattice == "cube" else 1.0
        return 5.0 / 6.0 * material_of(self.lattice).shear * self.area * planes

    @property
    def line_mass(self) -> float:
        """Mass per length, far from the ends [kg/m]."""
        return np.count_nonzero(self.section(0.0, SIDE)) / SIDE

    @property
    def fastest(self) -> float:
        """The largest angular frequency that the lattice may have [rad/s]."""
        return math.sqrt(material_of(self.lattice).fastest * STIFFNESS)

    def section(self, place: float, width: float) -> np.ndarray:
        """Return which masses lie within a slice around a place along x [m], half-open, shape (masses,)."""
        distance = self.body.positions[:, 0] - place
        rounding = 1e-6 * SIDE
        return (distance >= -width / 2 - rounding) & (distance < width / 2 - rounding)


def beam(lattice: str, rows: int, length: int, *, breadth: int | None = None) -> Beam:
    """Return a beam of so many cells over its height and its whole length, which is even.

    Args:
        lattice: key of `LATTICES`.
        rows: cells over the height, even for triangles.
        length: sides of a cell along the beam.
        breadth: cells across, of cubes alone; as over the height if not given.
    """
    if lattice == "cube":
        made = LATTICES[lattice](columns=length, rows=breadth or rows, layers=rows, side=SIDE)  # pyright: ignore[reportCallIssue]
    else:
        columns = 2 * length - 1 if lattice == "triangle" else length
        made = LATTICES[lattice](columns=columns, rows=rows, side=SIDE)  # pyright: ignore[reportCallIssue]
    built = made.construct()
    tissue = 1 if lattice != "cube" else 2
    cells = np.full((1, built.cells), tissue, np.uint8)
    genomes = Genomes(cells, np.zeros((1, len(built.edges)), np.uint8))
    body = develop(built, genomes, Tissue(stiffness=STIFFNESS))[0]
    ends = body.positions.max(axis=0)
    springs = len(body.springs)
    body = replace(
        body, positions=body.positions - ends / 2, stiffness=np.full(springs, STIFFNESS), swings=np.zeros(springs)
    )
    height = float(ends[-1])
    area = height if len(ends) == 2 else height * float(ends[1])
    continuum = material_of(lattice).young * area * height**2 / 12.0
    return Beam(lattice, body, height, area, continuum, bending_stiffness(body))


def bending_stiffness(body: Body, period: float = SIDE) -> float:
    """Return E I of the springs of a beam that repeats along x [N m in 2D, N m^2 in 3D].

    Curvature c bends the beam by u_x = c x z, u_z = -c x^2 / 2, and every mass of a cross-section moves further by a
    displacement that is the same in all periods (Saint-Venant's pure bending; for periodic beams P. Cartraud and T.
    Messager, Computational homogenization of periodic beam-like structures, Int. J. Solids Struct. 43, 2006). E I c^2/2
    is the least energy of a period. Where it can be written down, for N rows of cells of side a, it is

    - triangle, height h = sqrt(3)/2 a N: k a h^2 (N + 1)(N + 2) / (12 N), since pure bending leaves diagonals
      unstrained;
    - square: k a^3 (N (N + 1)(N + 2) / 12 + N (N^2 - 1) / 24).

    They are 1 + 3/N + 2/N^2 and 1 + 2/N + 1/N^2 times E h^3 / 12: springs on the surface belong to one cell alone.
    """

    def bent(points: np.ndarray) -> np.ndarray:
        moved = np.zeros_like(points)
        moved[:, 0] = points[:, 0] * points[:, -1]
        moved[:, -1] = -(points[:, 0] ** 2) / 2
        return moved

    return _stiffness(body, bent, period)


def axial_stiffness(body: Body, period: float = SIDE) -> float:
    """Return E A of the springs of a beam that repeats along x [N], as `bending_stiffness` for u_x = strain x.

    Of N rows of cells of side a it is k a (N + 1) for triangles and k a (N + 1 + N / 2) for squares.
    """

    def pulled(points: np.ndarray) -> np.ndarray:
        moved = np.zeros_like(points)
        moved[:, 0] = points[:, 0]
        return moved

    return _stiffness(body, pulled, period)


def _stiffness(body: Body, displacement: Callable[[np.ndarray], np.ndarray], period: float) -> float:
    """Return twice the least energy per length of a period that is displaced so, and anyhow within its section."""
    first, second = body.positions[body.springs[:, 0]], body.positions[body.springs[:, 1]]
    middle = (first[:, 0] + second[:, 0]) / 2
    chosen = (middle > -0.2512 * period) & (middle < 0.7488 * period)
    first, second = first[chosen], second[chosen]
    stiffness = body.stiffness[chosen]
    dimension = first.shape[1]

    def key(points: np.ndarray) -> np.ndarray:
        within = np.round(np.mod(points[:, 0] / period + 1e-6, 1.0) * 1000)
        return np.column_stack([within, np.round(points[:, 1:] / period * 1000)])

    sites, numbers = np.unique(np.concatenate([key(first), key(second)]), axis=0, return_inverse=True)
    ends = numbers.reshape(2, -1)
    along = second - first
    direction = along / np.linalg.norm(along, axis=1, keepdims=True)

    imposed = ((displacement(second) - displacement(first)) * direction).sum(axis=1)
    by_sites = np.zeros((len(along), len(sites) * dimension))
    rows = np.arange(len(along))
    for axis in range(dimension):
        np.add.at(by_sites, (rows, ends[1] * dimension + axis), direction[:, axis])
        np.add.at(by_sites, (rows, ends[0] * dimension + axis), -direction[:, axis])
    root = np.sqrt(stiffness)
    relaxed = np.linalg.lstsq(by_sites * root[:, None], -imposed * root, rcond=None)[0]
    strained = imposed + by_sites @ relaxed
    return float((stiffness * strained**2).sum() / period)
