"""Recordings as strict JSON, and back; docs/json-format.md and recording.schema.json say what is in a file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign import files
from codesign.export.drawn_body import DrawnBody
from codesign.export.exporter import each_design
from codesign.export.json_part import REMEDY, JsonPart
from codesign.export.mechanics import Mechanics, MechanicsError
from codesign.export.recording import Gallery, Recording, RecordingError, Trajectory
from codesign.reading import MOST, json_value, read_text

FORMAT = "codesign-recording"
SCHEMA_VERSION = 1
MATERIAL_SCHEMA_VERSION = 2
"""Of files whose bodies have masses, damping or force limits of their own, which older readers would pass over."""


def write_json(gallery: Gallery, path: Path) -> list[Path]:
    """Write a JSON file for each design, named as `Exporter.write` says, and return the files.

    Raises:
        OutputError: `path` cannot be written to.
    """
    return each_design(_write_recording, gallery, path)


def _write_recording(recording: Recording, path: Path) -> None:
    files.write_text(path, json.dumps(to_json(recording), allow_nan=False, separators=(",", ":")) + "\n")


def to_json(recording: Recording) -> dict[str, Any]:
    """Return the recording as JSON values; float32 numbers as the shortest decimals that read back the same."""
    return {
        "format": FORMAT,
        "schema_version": MATERIAL_SCHEMA_VERSION if recording.has_material_properties else SCHEMA_VERSION,
        "design": recording.design,
        "lineage": {
            "generation": recording.generation,
            "parents": list(recording.parents),
            "operator": recording.operator,
        },
        "task": recording.task,
        "fitness": recording.fitness if np.isfinite(recording.fitness) else None,
        "measures": {name: value if np.isfinite(value) else None for name, value in recording.measures.items()},
        "learning_curve": _decimals_or_null(recording.curve),
        "body": {
            "dimensions": recording.dim,
            "springs": recording.springs.tolist(),
            "rest_lengths": _decimals(recording.rest_lengths),
            "stiffness": _decimals(recording.stiffness),
            "swings": _decimals(recording.swings),
            "cells": recording.cells.tolist(),
            "materials": recording.materials.tolist(),
            "material_names": list(recording.material_names),
            **_material_properties_to_json(recording),
        },
        "drawn": None if recording.drawn is None else _drawn_to_json(recording.drawn),
        "controller": {
            "name": recording.controller,
            "weights": _decimals(recording.weights),
            "settings": {name: _setting_to_json(value) for name, value in recording.controller_settings.items()},
        },
        "mechanics": None if recording.mechanics is None else _mechanics_to_json(recording.mechanics),
        "ground": _decimals(recording.ground),
        "light": None if recording.light is None else _decimals(recording.light),
        "world_fitness": None if recording.world_fitness is None else _decimals_or_null(recording.world_fitness),
        "motion": {
            "after": _trajectory_to_json(recording.after),
            "before": recording.before and _trajectory_to_json(recording.before),
        },
    }


def _material_properties_to_json(recording: Recording) -> dict[str, Any]:
    """Return what a body has of its own besides springs; nothing where it has the defaults, as files had before."""
    if not recording.has_material_properties:
        return {}
    return {
        "masses": _decimals(recording.point_masses),
        "damping": _decimals(recording.damping),
        "force_limits": _decimals_or_null(recording.force_limits),
    }


def _drawn_to_json(drawn: DrawnBody) -> dict[str, Any]:
    names = ("positions", "rest_lengths", "stiffness", "swings")
    return {name: _decimals(getattr(drawn, name)) for name in names} | {"masses": _decimals(drawn.point_masses)}


def _trajectory_to_json(trajectory: Trajectory) -> dict[str, Any]:
    arrays = {name: _decimals(getattr(trajectory, name)) for name in ("times", "positions", "actuation")}
    return {**arrays, "diverged": trajectory.diverged}


def _mechanics_to_json(mechanics: Mechanics) -> dict[str, Any]:
    return asdict(mechanics) | {"push": list(mechanics.push)}


def _setting_to_json(value: float | str | tuple[str, ...]) -> float | str | list[str]:
    return list(value) if isinstance(value, tuple) else value


def _decimals(values: npt.NDArray[np.float32]) -> list[Any]:
    # NumPy's text of a float32 is its shortest decimal; as a Python float that decimal prints as itself.
    return values.astype("U").astype(np.float64).tolist()


def _decimals_or_null(values: npt.NDArray[np.float32]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in _decimals(values)]


def read_json(path: Path) -> Recording:
    """Read the recording in a file written by `write_json`.

    Raises:
        RecordingError: no such file, not strict JSON, another format or version, or parts that are missing, malformed
            or do not fit together; the message names the file and the part.
    """
    try:
        text = read_text(path, MOST.recording)
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError("a readable JSON file", f"{path} ({error})", "check the path") from error
    try:
        value = json_value(text)
    except ValueError as error:
        raise RecordingError("strict JSON", f"{path} ({error})", REMEDY) from error
    try:
        return _from_json(JsonPart(value))
    except RecordingError as error:
        raise RecordingError(error.expected, f"{error.got} in {path}", REMEDY) from error


def _from_json(file: JsonPart) -> Recording:
    file.must_be("format", FORMAT)
    version = file.integer("schema_version", low=0)
    if version not in (SCHEMA_VERSION, MATERIAL_SCHEMA_VERSION):
        file.must_be("schema_version", SCHEMA_VERSION)
    lineage, body, controller, motion = (file.part(name) for name in ("lineage", "body", "controller", "motion"))
    measures = file.part("measures")
    dim = body.integer("dimensions", low=1, high=3)
    return Recording(
        design=file.text("design"),
        generation=lineage.integer("generation", low=0),
        parents=tuple(lineage.texts("parents")),
        operator=lineage.text("operator"),
        fitness=file.number("fitness", missing=-np.inf),
        measures={name: measures.number(name, missing=np.nan) for name in measures.names()},
        curve=file.floats("learning_curve", (0,), gaps=True),
        springs=body.integers("springs", (0, 2), np.int32),
        rest_lengths=body.floats_within("rest_lengths", 0.0, np.inf, least=False),
        stiffness=body.floats_within("stiffness", 0.0, np.inf, least=False),
        swings=body.floats_within("swings", 0.0, 1.0, least=True),
        cells=body.integers("cells", (0, 0), np.int32),
        materials=body.integers("materials", (0,), np.uint8),
        ground=file.floats("ground", (0,) * (dim - 1) + (dim,)),
        after=_trajectory_from_json(motion.part("after"), dim),
        before=_trajectory_from_json(motion.part("before"), dim) if motion.has("before") else None,
        weights=controller.floats("weights", (0,)),
        controller=controller.text("name"),
        task=file.text("task"),
        material_names=tuple(body.texts("material_names")),
        light=file.floats("light", (0,)) if file.holds("light") else None,
        world_fitness=file.floats("world_fitness", (0,), gaps=True) if file.holds("world_fitness") else None,
        mechanics=_mechanics_from_json(file.part("mechanics")) if file.holds("mechanics") else None,
        controller_settings=_settings_from_json(controller.part("settings")) if controller.holds("settings") else {},
        **(_material_properties_from_json(body) if version == MATERIAL_SCHEMA_VERSION else {}),
        drawn=_drawn_from_json(file.part("drawn"), dim) if file.holds("drawn") else None,
    )


def _drawn_from_json(part: JsonPart, dim: int) -> DrawnBody:
    return DrawnBody(
        positions=part.floats("positions", (0, dim)),
        rest_lengths=part.floats_within("rest_lengths", 0.0, np.inf, least=False),
        stiffness=part.floats_within("stiffness", 0.0, np.inf, least=False),
        swings=part.floats_within("swings", 0.0, 1.0, least=True),
        point_masses=part.floats_within("masses", 0.0, np.inf, least=False),
    )


def _material_properties_from_json(body: JsonPart) -> dict[str, Any]:
    limits = body.floats("force_limits", (0,), gaps=True)
    wrong = ~(np.isnan(limits) | (limits > 0.0))
    if wrong.any():
        place = int(np.argmax(wrong))
        expected = "body.force_limits to be numbers above 0, or null for no limit"
        raise RecordingError(expected, f"{limits[place]} at index {place}", REMEDY)
    return {
        "point_masses": body.floats_within("masses", 0.0, np.inf, least=False),
        "damping": body.floats_within("damping", 0.0, np.inf, least=True),
        "force_limits": np.where(np.isnan(limits), np.float32(np.inf), limits),
    }


def _mechanics_from_json(part: JsonPart) -> Mechanics:
    forces = part.part("forces")
    numbers = ("dt", "gravity", "damping", "regularisation", "mass", "push_time", "motor_noise", "latency")
    try:
        return Mechanics(
            **{name: part.required_number(name) for name in numbers},
            contact=part.text("contact"),
            contact_settings=_numbers_from_json(part.part("contact_settings")),
            forces={name: _numbers_from_json(forces.part(name)) for name in forces.names()},
            push=tuple(part.floats64("push")),
        )
    except MechanicsError as error:
        raise RecordingError(f"mechanics with {error.expected}", error.got, REMEDY) from error


def _numbers_from_json(part: JsonPart) -> dict[str, float]:
    return {name: part.required_number(name) for name in part.names()}


def _settings_from_json(part: JsonPart) -> dict[str, float | str | tuple[str, ...]]:
    return {name: part.setting(name) for name in part.names()}


def _trajectory_from_json(part: JsonPart, dim: int) -> Trajectory:
    return Trajectory(
        times=part.floats("times", (0,)),
        positions=part.floats("positions", (0, 0, dim)),
        actuation=part.floats("actuation", (0, 0)),
        diverged=part.flag("diverged") if part.holds("diverged") else False,
    )
