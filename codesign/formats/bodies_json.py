"""Bodies on lattices as strict JSON, exact: what runs keep of the bodies that they were given to begin with.

A file holds `{"format": "codesign-bodies", "version": 1, "bodies": [...]}`. A body has a `name`, the kind of its
`lattice` with `settings` such as the side, its `shape`, its `cells` and `muscles`, which are texts with a digit (beyond
9 a letter) for each cell and each edge in the order of the lattice's numbers, its `fitness` and what else is known
`about` it.
"""

import json
import math
import string
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.errors import CodesignError
from codesign.formats.body_plan import MOST_CELLS, BodyPlan, FormatError
from codesign.formats.format import Format
from codesign.genome import LATTICES, Lattice
from codesign.reading import MOST, json_value, read_text

_NAME = "codesign-bodies"
_VERSION = 1
_DIGITS = string.digits + string.ascii_lowercase
_NUMBERS = {digit: number for number, digit in enumerate(_DIGITS)}


def encode(plans: Sequence[BodyPlan]) -> str:
    """Return bodies as the text of a file.

    Raises:
        FormatError: a body that is on no lattice, or of a material beyond 35.
    """
    return json.dumps({"format": _NAME, "version": _VERSION, "bodies": [_to_json(plan) for plan in plans]}, indent=1)


def write(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write bodies to one file and return its path.

    Raises:
        FormatError: as `encode` does.
        OutputError: `path` cannot be written to.
    """
    files.write_text(path, encode(plans) + "\n")
    return [path]


def read(path: Path) -> list[BodyPlan]:
    """Return the bodies in a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is something else, or a part of it is missing or malformed.
    """
    value = json_value(read_text(path, MOST.input))
    if not isinstance(value, dict) or value.get("format") != _NAME or value.get("version") != _VERSION:
        raise ValueError(f"not of the format {_NAME}, version {_VERSION}")
    bodies = value.get("bodies")
    if not isinstance(bodies, list):
        raise ValueError("no list of bodies")
    plans = []
    for number, body in enumerate(bodies):
        try:
            plans.append(_from_json(body))
        except (KeyError, TypeError) as error:
            raise ValueError(f"body {number}: {error} is missing or of another type") from error
        except ValueError as error:
            raise ValueError(f"body {number}: {error}") from error
    return plans


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file begins as such files do."""
    del path
    return f'"format": "{_NAME}"'.encode() in head


def _to_json(plan: BodyPlan) -> dict[str, Any]:
    if not plan.lattice:
        raise FormatError("bodies on a lattice", f"{plan.name} of masses and springs", "write it as json")
    if plan.cells.max(initial=0) >= len(_DIGITS):
        raise FormatError(f"materials below {len(_DIGITS)}", f"{plan.cells.max()} in {plan.name}", "write it as html")
    return {
        "name": plan.name,
        "lattice": plan.lattice,
        "settings": dict(plan.settings),
        "shape": list(plan.cells.shape),
        "cells": _as_text(plan.cells),
        "muscles": None if plan.muscles is None else _as_text(plan.muscles),
        "fitness": plan.fitness if plan.fitness is not None and math.isfinite(plan.fitness) else None,
        "about": {**plan.about, **_replaced(plan)},
    }


def _replaced(plan: BodyPlan) -> dict[str, str]:
    told = "; ".join(f"{each} {each.instead}" for each in plan.inexpressible)
    return {"replaced": told} if told else {}


def _as_text(numbers: np.ndarray) -> str:
    return "".join(_DIGITS[number] for number in numbers.ravel().tolist())


def _as_numbers(text: object, name: str) -> np.ndarray:
    if not isinstance(text, str) or not _NUMBERS.keys() >= set(text):
        raise ValueError(f"{name} that are no text of digits and letters")
    return np.array([_NUMBERS[digit] for digit in text], dtype=np.uint8)


def _from_json(body: Any) -> BodyPlan:
    if not isinstance(body, dict):
        raise ValueError("no object")
    shape = body["shape"]
    if not isinstance(shape, list) or len(shape) not in (2, 3) or not all(type(n) is int and n > 0 for n in shape):
        raise ValueError("a shape that is not two or three whole numbers above 0")
    cells = _as_numbers(body["cells"], "cells")
    if len(cells) != math.prod(shape):
        raise ValueError(f"{len(cells)} cells where a shape of {' x '.join(map(str, shape))} has {math.prod(shape)}")
    if len(cells) > MOST_CELLS:
        raise ValueError(f"{len(cells)} cells, more than {MOST_CELLS}")
    name, lattice, settings, about = body["name"], body["lattice"], body["settings"], body["about"]
    plain = isinstance(settings, dict) and all(type(value) in (int, float, str) for value in settings.values())
    texts = isinstance(about, dict) and all(isinstance(value, str) for value in about.values())
    if not isinstance(name, str) or not isinstance(lattice, str) or not plain or not texts:
        raise ValueError("a name, a lattice, settings or notes of another type")
    fitness = body["fitness"]
    if fitness is not None and type(fitness) not in (int, float):
        raise ValueError("a fitness that is no number")
    muscles = None if body["muscles"] is None else _as_numbers(body["muscles"], "muscles")
    _require_possible(lattice, settings, cells.reshape(shape), muscles)
    return BodyPlan(
        name=name,
        lattice=lattice,
        cells=cells.reshape(shape),
        muscles=muscles,
        settings=settings,
        fitness=None if fitness is None else float(fitness),
        about=about,
    )


def _require_possible(name: str, settings: dict[str, Any], cells: np.ndarray, muscles: np.ndarray | None) -> None:
    """Check that settings, materials and muscle bits are of a kind of lattice that is known here.

    Raises:
        ValueError: they are not.
    """
    if name not in LATTICES:
        raise ValueError(f"a lattice of kind {name[:40]!r}, which is none of {', '.join(LATTICES)}, nor of a plug-in")
    kind = LATTICES[name]
    known = {each.name for each in fields(kind)} - {"name", *kind.extents}
    if cells.ndim != len(kind.extents) or not settings.keys() <= known:
        raise ValueError(f"cells or settings that a lattice of kind {name} does not have")

    def of(shape: Sequence[int]) -> Lattice:
        sizes: dict[str, Any] = dict(zip(kind.extents, shape, strict=True))
        return kind(**settings, **sizes).build()

    try:
        materials = len(of((1,) * cells.ndim).materials)
        edges = 0 if muscles is None else len(of(cells.shape).edges)
    except CodesignError as error:
        raise ValueError(f"a lattice that there cannot be: {error}") from error
    if cells.max(initial=0) >= materials:
        raise ValueError(f"material {cells.max()} on a lattice of materials 0 to {materials - 1}")
    if muscles is not None and (len(muscles) != edges or muscles.max(initial=0) > 1):
        raise ValueError(f"{len(muscles)} muscle bits on a lattice of {edges} springs, or others than 0 and 1")


BODIES = Format("bodies", (".json",), read, recognises, write)
