"""World files of EvoGym's design tool, .json: robots among ground and things, each an object of its own."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.evogym_world import FIXED, MOST_CELLS, SLOPES, WorldObject, world_objects
from codesign.files import write_text
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.evogym_structures import CONTRACTILE, plans_of_structures, structure_of
from codesign.formats.format import Format
from codesign.reading import MOST, read_bytes

_MUSCLES = (3, 4, CONTRACTILE)
_STATIC = (FIXED, *SLOPES)


def read(path: Path) -> list[BodyPlan]:
    """Return the robots of a world: where something is fixed, the objects with a muscle, elsewhere all objects.

    What stays behind (ground, and things such as boxes and bridges) is told in `BodyPlan.about`, as "left out".

    Raises:
        FormatError: a world without a robot, or a robot that is no body.
        OSError: it cannot be read.
        ValueError: it is no world.
    """
    objects = world_objects(read_bytes(path, MOST.bodies))
    scene = any(np.isin(each.types, _STATIC).any() for each in objects)
    robots = [each for each in objects if not scene or np.isin(each.types, _MUSCLES).any()]
    others = [each for each in objects if each not in robots]
    if not robots:
        got = ", ".join(map(_told, others)) or "a world without objects"
        remedy = "draw one; ground alone is terrain: terrain=segments terrain.file=FILE"
        raise FormatError("a robot, an object with a muscle", got, remedy)
    about = {"left out": ", ".join(map(_told, others))} if others else {}
    return [_plan(each, about) for each in robots]


def _told(thing: WorldObject) -> str:
    what = "fixed cells" if np.isin(thing.types, _STATIC).all() else "cells without a muscle"
    return f"{thing.name} ({len(thing.types)} {what})"


def _plan(robot: WorldObject, about: dict[str, str]) -> BodyPlan:
    """Return an object as a plan on an array that just holds it.

    Raises:
        FormatError: it is no body.
    """
    low, high = robot.places.min(axis=0), robot.places.max(axis=0)
    columns, rows = (high - low + 1).tolist()
    if rows * columns > MOST_CELLS:
        got = f"{robot.name}, {rows} x {columns} with what is between its cells"
        raise FormatError(f"a body on at most {MOST_CELLS} cells", got, "draw its cells next to each other")
    column, row = (robot.places - low).T
    flat = (rows - 1 - row) * columns + column
    body = np.zeros(rows * columns, dtype=np.int64)
    body[flat] = robot.types
    joins = np.zeros(len(robot.joins), dtype=np.int64), flat[robot.joins]
    return plans_of_structures([robot.name], body.reshape(1, rows, columns), joins, None, [about])[0]


def write(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    """Write a world in which the bodies stand side by side on its bottom row, one column apart, all neighbours joined.

    Raises:
        FormatError: a body that is not of squares or has no cell, or two of one name.
        OutputError: the file cannot be written.
    """
    if len({plan.name for plan in plans}) < len(plans):
        names = ", ".join(plan.name for plan in plans)
        raise FormatError("bodies of different names, as objects of a world have them", names, "rename them")
    structures = [_trimmed(plan) for plan in plans]
    width = sum(body.shape[1] for body, _ in structures) + max(len(plans) - 1, 0)
    height = max(body.shape[0] for body, _ in structures)
    objects, left = dict[str, object](), 0
    for plan, (body, connections) in zip(plans, structures, strict=True):
        objects[plan.name] = _object(body, connections, left, width)
        left += body.shape[1] + 1
    world = {"grid_width": width, "grid_height": height, "objects": objects}
    write_text(path, json.dumps(world) + "\n")
    return [path]


def _object(body: np.ndarray, connections: np.ndarray, left: int, width: int) -> dict[str, object]:
    """Return a body as an object of a world of some width, its left column that of the given number."""
    row, column = np.divmod(np.arange(body.size), body.shape[1])
    index = (len(body) - 1 - row) * width + left + column
    filled = np.flatnonzero(body)
    filled = filled[np.argsort(index[filled])]
    beside: dict[int, list[int]] = {cell: [] for cell in index[filled].tolist()}
    for one, other in index[connections].T.tolist():
        beside[one].append(other)
        beside[other].append(one)
    return {
        "indices": list(beside),
        "types": body.ravel()[filled].tolist(),
        "neighbors": {str(cell): sorted(others) for cell, others in beside.items()},
    }


def _trimmed(plan: BodyPlan) -> tuple[np.ndarray, np.ndarray]:
    """Return a body as EvoGym has it, without the rows and columns around it that have no cell.

    Raises:
        FormatError: a body that is not of squares or has no cell.
    """
    body, _ = structure_of(plan)
    if not body.any():
        raise FormatError("a body with cells", f"{plan.name} without any", "leave it out")
    rows, columns = (np.flatnonzero((plan.cells > 0).any(axis=axis)) for axis in (1, 0))
    return structure_of(replace(plan, cells=plan.cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))


def _recognises(path: Path, head: bytes) -> bool:
    del path
    return any(key in head for key in (b'"grid_width"', b'"grid_height"', b'"objects"'))


EVOGYM_WORLD = Format(name="evogym_world", suffixes=(".json",), read=read, recognises=_recognises, write=write)
