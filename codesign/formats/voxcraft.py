"""Bodies of VoxCad and voxcraft-sim: .vxa and .vxc, and .vxd, which says what differs from a .vxa beside it."""

import base64
import binascii
import math
import re
import zlib
from pathlib import Path

import numpy as np

from codesign.formats.body_plan import MOST_CELLS, BodyPlan, FormatError, Inexpressible
from codesign.formats.format import Format
from codesign.formats.voxcraft_palette import cells_of, number_of, palette_of, places
from codesign.formats.voxcraft_writing import BASE, write_vxd
from codesign.formats.xml_reading import Element, xml_root
from codesign.reading import MOST, read_bytes

_REMEDY = "check the file"

_EXTENT = re.compile(r"[0-9]{1,9}")


def read(path: Path) -> list[BodyPlan]:
    """Return the one body in a file, named like it.

    Raises:
        FormatError: no body of VoxCad or voxcraft-sim, or one that is damaged or too large.
        OSError: it, or the .vxa beside it, cannot be read.
        ValueError: it is no XML, or one with a document type.
    """
    root = xml_root(read_bytes(path, MOST.bodies))
    if root.name == "VXD":
        root = _merged(path, root)
    body = root if root.name in ("VXC", "DMF") else root.first("VXC") or root.first("DMF")
    if root.name not in ("VXA", "VXC", "DMF") or body is None:
        raise FormatError("a VXA, VXD or VXC element with a body", f"one of {root.name[:40]!r}", _REMEDY)
    structure, palette = body.first("Structure"), body.first("Palette")
    if structure is None:
        raise FormatError("a Structure", "none", "give the body's voxels")
    if palette is None:
        remedy = f"give a Palette, or put {BASE} beside the file"
        raise FormatError("a Palette of materials", "none", remedy)
    data = _voxels(structure)
    cells, notes = cells_of(data, palette_of(palette))
    notes += _layers_of_numbers(structure, data, cells)
    lattice = body.first("Lattice") or Element("Lattice")
    if any(number_of(lattice.said(f"{axis}_Dim_Adj"), "Dim_Adj", 1.0) != 1.0 for axis in "XYZ"):
        notes.append(Inexpressible("cells that are no cubes", "taken as cubes"))
    # What voxcraft-sim takes where the file says nothing.
    side = number_of(lattice.said("Lattice_Dim"), "Lattice_Dim", 0.001)
    if side <= 0:
        raise FormatError("Lattice_Dim above 0 [m]", f"{side:g}", _REMEDY)
    return [BodyPlan(path.stem, "cube", cells, settings={"side": side}, inexpressible=tuple(notes))]


def _merged(path: Path, changes: Element) -> Element:
    """Return the base of a .vxd with what the .vxd replaces in it, as voxcraft-sim merges the two."""
    replacing = [
        (each.attributes["replace"].split("."), each) for each in changes.inside if "replace" in each.attributes
    ]
    whole = any(place == ["VXA", "VXC", "Palette"] for place, _ in replacing)
    base = _base_of(path, needed=not whole)
    try:
        root = Element("VXA") if base is None else xml_root(read_bytes(base, MOST.bodies))
    except ValueError as error:
        raise FormatError(f"a .vxa beside {path}", f"{base} ({error})", "mend it") from error
    for place, element in replacing:
        if place[0] != root.name or len(place) < 2:
            raise FormatError(f"elements that replace parts of {root.name}", ".".join(place)[:60], _REMEDY)
        _put(root, place[1:], element)
    return root


def _put(root: Element, place: list[str], element: Element) -> None:
    """Put an element in its place, in the place of what is there."""
    for name in place[:-1]:
        inner = root.first(name)
        if inner is None:
            inner = Element(name)
            root.inside.append(inner)
        root = inner
    element.name = place[-1]
    before = root.first(place[-1])
    if before is None:
        root.inside.append(element)
    else:
        root.inside[next(number for number, each in enumerate(root.inside) if each is before)] = element


def _base_of(path: Path, *, needed: bool) -> Path | None:
    """Return the .vxa that a .vxd changes: base.vxa, as voxcraft-sim has it, one of the same name, or the only one."""
    for own in (path.with_name(BASE), path.with_suffix(".vxa")):
        if own.exists():
            return own
    found = sorted(path.parent.glob("*.vxa"))
    if len(found) == 1:
        return found[0]
    if not needed:
        return None
    got = "none" if not found else f"{len(found)} without one of that name"
    raise FormatError(f"{BASE} beside {path}, which holds the materials", got, f"put {BASE} there")


def _extents(structure: Element) -> tuple[int, int, int]:
    found = list[int]()
    for name in ("X_Voxels", "Y_Voxels", "Z_Voxels"):
        text = structure.said(name) or "1"
        if not _EXTENT.fullmatch(text) or int(text) < 1:
            raise FormatError(f"{name} to be a whole number from 1", repr(text[:40]), _REMEDY)
        found.append(int(text))
    if math.prod(found) > MOST_CELLS:
        raise FormatError(f"at most {MOST_CELLS} voxels", " x ".join(map(str, found)), "cut the empty ones away")
    return found[0], found[1], found[2]


def _voxels(structure: Element) -> np.ndarray:
    """Return the number of each voxel's material, uint8, [x, y, z]."""
    x, y, z = _extents(structure)
    layers = _layers(structure, "Data", z)
    compression = structure.attributes.get("Compression", "BASE64")
    if compression not in ("ASCII_READABLE", "BASE64", "ZLIB"):
        expected = "Compression to be ASCII_READABLE, BASE64 or ZLIB"
        raise FormatError(expected, repr(compression[:40]), "save the file with one of these")
    found = [_layer(text, compression, x * y, number) for number, text in enumerate(layers)]
    return np.frombuffer(b"".join(found), np.uint8).reshape(z, y, x).transpose(2, 1, 0)


def _layers(structure: Element, name: str, count: int) -> list[str]:
    layers = [each.text for each in (structure.first(name) or Element(name)).all("Layer")]
    if len(layers) != count:
        raise FormatError(f"{count} layers of {name}, as Z_Voxels says", f"{len(layers)}", _REMEDY)
    return layers


def _layer(text: str, compression: str, count: int, number: int) -> bytes:
    """Return the materials of one layer, a byte for each voxel, never unpacking more than there are voxels."""
    expected = f"{count} voxels in layer {number} ({compression})"
    try:
        if compression == "ASCII_READABLE":
            data = bytes(ord(character) - ord("0") for character in text[: count + 1])
        else:
            data = base64.b64decode(text, validate=True)
        if compression == "ZLIB":
            unpacking = zlib.decompressobj()
            data = unpacking.decompress(data, count + 1)
            if not unpacking.eof and len(data) <= count:
                raise FormatError(expected, "data that end too early", _REMEDY)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise FormatError(expected, f"other data ({str(error) or 'no such characters'})", _REMEDY) from error
    if len(data) != count:
        got = f"more than {count}" if len(data) > count else f"{len(data)}"
        raise FormatError(expected, got, _REMEDY)
    return data


def _layers_of_numbers(structure: Element, data: np.ndarray, cells: np.ndarray) -> list[Inexpressible]:
    """Return what is said of single voxels: phases of muscles and forces of cilia."""
    x, y, z = data.shape
    notes = list[Inexpressible]()
    muscle = cells >= 3
    if structure.first("PhaseOffset") is not None:
        phases = np.stack(
            [
                _numbers(text, x * y, f"PhaseOffset layer {n}")
                for n, text in enumerate(_layers(structure, "PhaseOffset", z))
            ]
        )
        late = muscle & (phases.reshape(z, y, x).transpose(2, 1, 0) != 0)
        if late.any():
            notes.append(Inexpressible("muscles with a phase (PhaseOffset)", "left to the controller", places(late)))
    for name in ("BaseCiliaForce", "ShiftCiliaForce"):
        if structure.first(name) is None:
            continue
        # Where a layer ends early, voxcraft-sim takes forces of 0.
        forces = np.stack(
            [_numbers(text, 3 * x * y, f"{name} layer {n}", 0.0) for n, text in enumerate(_layers(structure, name, z))]
        )
        pushed = (data != 0) & (forces.reshape(z, y, x, 3) != 0).any(axis=3).transpose(2, 1, 0)
        if pushed.any():
            notes.append(Inexpressible(f"forces of cilia ({name})", "left out", places(pushed)))
    return notes


def _numbers(text: str, count: int, what: str, missing: float | None = None) -> np.ndarray:
    """Return numbers between commas, filled up with `missing` unless that is None, shape (count,)."""
    parts = text.split(",", count)[:count]
    if parts and not parts[-1].strip():
        parts.pop()
    if len(parts) < count and missing is None:
        raise FormatError(f"{count} numbers in {what}", f"{len(parts)}", _REMEDY)
    found = np.full(count, 0.0 if missing is None else missing)
    found[: len(parts)] = [number_of(part.strip(), what) for part in parts]
    return found


VOXCRAFT = Format(name="voxcraft", suffixes=(".vxd", ".vxa", ".vxc"), read=read, write=write_vxd)
