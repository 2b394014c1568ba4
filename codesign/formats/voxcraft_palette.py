"""The materials of VoxCad and voxcraft-sim, and what they become on a lattice of cubes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from codesign.formats.body_plan import FormatError, Inexpressible
from codesign.formats.xml_reading import Element

SOFT, STIFF, SOFT_MUSCLE, STIFF_MUSCLE = 1, 2, 3, 4

_FLAGS = {
    "Fixed": ("fixed cells", "taken as free"),
    "Sticky": ("sticky cells", "taken as not sticky"),
    "isTarget": ("targets", "taken as cells like others"),
    "isPaceMaker": ("pacemakers", "taken as cells like others"),
    "isElectricalActive": ("electrically active cells", "taken as cells like others"),
}
"""What a material may be said to be, and what is told of cells of it."""

_LATER = ("RemoveFromSimulationAfterThisManySeconds", "TurnOnThermalExpansionAfterThisManySeconds")

_SHARED = {
    "Density": ("cells of another density", "taken as heavy as the others"),
    "uStatic": ("cells of another static friction", "taken as rough as the others"),
    "uDynamic": ("cells of another dynamic friction", "taken as rough as the others"),
    "Poissons_Ratio": ("cells of another Poisson's ratio", "taken as springs give it"),
}
"""What all cells of a body have alike here, and what is told of those that differ from most."""


@dataclass(frozen=True)
class VoxcraftMaterial:
    """One material of a palette.

    Attributes:
        modulus: elastic modulus [Pa]; 0 where none is given.
        expansion: coefficient of thermal expansion; 0 for passive tissue.
        phase: when it expands, as a share of the period.
        shared: what all cells should have alike, by its name.
        odd: what cells of it are that cells here cannot be, each with what is done instead.
    """

    modulus: float
    expansion: float
    phase: float
    shared: dict[str, float]
    odd: tuple[tuple[str, str], ...]

    @property
    def muscle(self) -> bool:
        """Whether it changes its length."""
        return self.expansion != 0.0


def number_of(text: str, what: str, missing: float = 0.0) -> float:
    """Return a finite number in an XML text.

    Raises:
        FormatError: it is none.
    """
    if not text:
        return missing
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FormatError(f"{what} to be a finite number", repr(text[:40]), "check the file")
    return number


def palette_of(palette: Element) -> list[VoxcraftMaterial]:
    """Return the materials of a palette by their order, as voxcraft-sim numbers them, whatever their ID says."""
    return [_material(element, number) for number, element in enumerate(palette.all("Material"), 1)]


def _material(element: Element, number: int) -> VoxcraftMaterial:
    mechanical = element.first("Mechanical") or Element("Mechanical")

    def value(name: str) -> float:
        return number_of(mechanical.said(name), f"{name} of material {number}")

    odd = [told for name, told in _FLAGS.items() if mechanical.said(name).lower() not in ("", "0", "0.0", "false")]
    if any(value(name) > 0 for name in _LATER):
        odd.append(("cells that change with time", "taken as they begin"))
    if value("MatModel") != 0:
        odd.append(("cells that yield or break", "taken as elastic"))
    if element.said("MatType") not in ("", "0"):
        odd.append(("cells of mixed materials", "taken as their own properties say"))
    return VoxcraftMaterial(
        modulus=value("Elastic_Mod"),
        expansion=value("CTE"),
        phase=value("MaterialTempPhase"),
        shared={name: value(name) for name in _SHARED},
        odd=tuple(odd),
    )


def cells_of(data: np.ndarray, palette: list[VoxcraftMaterial]) -> tuple[np.ndarray, list[Inexpressible]]:
    """Return what cells of a palette become here, and what of them cannot be expressed.

    Args:
        data: number of each cell's material, 0 = empty, uint8, [x, y, z].
        palette: the materials, number 1 first.

    Returns:
        Materials of the lattice of cubes, uint8, of the shape of `data`: a material whose CTE is not 0 is a muscle; it
        is stiff if its modulus is at least the geometric mean of the softest and the stiffest in the palette.

    Raises:
        FormatError: a number that the palette does not have, or a material in use without a modulus.
    """
    used = [number for number in np.flatnonzero(np.bincount(data.ravel(), minlength=1)).tolist() if number]
    if used and used[-1] > len(palette):
        got = f"material {used[-1]} of a palette of {len(palette)}"
        raise FormatError("cells of materials in the palette", got, "add the material, or give the right base.vxa")
    for number in used:
        if palette[number - 1].modulus <= 0:
            got = f"{palette[number - 1].modulus:g} for material {number}"
            raise FormatError("an Elastic_Mod above 0", got, "give the material one")
    moduli = [material.modulus for material in palette if material.modulus > 0]
    low, high = min(moduli, default=1.0), max(moduli, default=1.0)
    table = np.zeros(256, np.uint8)
    for number in used:
        material = palette[number - 1]
        stiff = material.modulus / low >= high / material.modulus
        table[number] = (STIFF_MUSCLE if stiff else SOFT_MUSCLE) if material.muscle else (STIFF if stiff else SOFT)
    notes = [*_odd(data, palette, used), *_between(data, palette, used, moduli), *_unlike(data, palette, used)]
    return table[data], notes


def places(where: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Return the indices of the cells where a mask is true."""
    return tuple(map(tuple, np.argwhere(where).tolist()))


def _odd(data: np.ndarray, palette: list[VoxcraftMaterial], used: list[int]) -> Iterable[Inexpressible]:
    told: dict[tuple[str, str], list[int]] = {}
    for number in used:
        material = palette[number - 1]
        for each in material.odd:
            told.setdefault(each, []).append(number)
        if material.expansion < 0:
            each = ("muscles that shorten when others lengthen (negative CTE)", "left to the controller")
            told.setdefault(each, []).append(number)
        if material.muscle and material.phase != 0:
            told.setdefault(("muscles with a phase (MaterialTempPhase)", "left to the controller"), []).append(number)
    return [Inexpressible(what, instead, places(np.isin(data, own))) for (what, instead), own in told.items()]


def _between(
    data: np.ndarray, palette: list[VoxcraftMaterial], used: list[int], moduli: list[float]
) -> Iterable[Inexpressible]:
    between = [number for number in used if palette[number - 1].modulus not in (min(moduli), max(moduli))]
    strengths = {number: abs(palette[number - 1].expansion) for number in used if palette[number - 1].muscle}
    weak = [number for number, strength in strengths.items() if strength != max(strengths.values())]
    if between:
        what = "cells between the softest and the stiffest of the palette"
        yield Inexpressible(what, "taken as soft or stiff, whichever is nearer", places(np.isin(data, between)))
    if weak:
        what = "muscles that are weaker than others (CTE)"
        yield Inexpressible(what, "taken as equally strong", places(np.isin(data, weak)))


def _unlike(data: np.ndarray, palette: list[VoxcraftMaterial], used: list[int]) -> Iterable[Inexpressible]:
    counts = np.bincount(data.ravel(), minlength=256)
    for name, (what, instead) in _SHARED.items():
        cells: dict[float, int] = {}
        for number in used:
            value = palette[number - 1].shared[name]
            cells[value] = cells.get(value, 0) + int(counts[number])
        if len(cells) > 1:
            most = max(cells, key=lambda value: cells[value])
            own = [number for number in used if palette[number - 1].shared[name] != most]
            yield Inexpressible(what, instead, places(np.isin(data, own)))
