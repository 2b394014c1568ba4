"""One self-contained page that plays the designs of a gallery, from disk and without a network."""

import base64
import hashlib
import html
import json
import logging
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign import files
from codesign.export.drawn_body import CHANGEABLE
from codesign.export.numbers import plain, plain_list, summary_numbers
from codesign.export.recording import Gallery, History, Recording, RecordingError, Trajectory
from codesign.export.rest_shape import shapes_at_rest

SPATIAL = ("vendor/three", "camera3d", "mesh3d", "body3d", "ground3d", "scene3d", "renderer3d")
"""Modules that only pages of designs in three dimensions have; the others use nothing of them."""

SCRIPTS = (
    *("ticks", "heightfield", "decode", "player", "theme", "surface", "renderer2d"),
    *SPATIAL,
    *("svg", "charts", "figure", "operators", "newstarts", "progress", "map"),
    *("stage", "shape", "lineage", "gallery", "app"),
)
"""The page's modules in the order in which they are joined: each imports from earlier ones only."""

LARGE = 50_000_000
"""Size of a page that is worth a warning [bytes]."""

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(?:vendor/)?(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:class|function|const) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://.*|/\*\*.*\*/)\n", re.MULTILINE)
"""A line that is a comment, which is for readers of the source."""
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def write_page(gallery: Gallery, path: Path) -> list[Path]:
    """Write the gallery as one page and return its path.

    Raises:
        RecordingError: designs that have neither two nor three dimensions, or not all the same number.
        OutputError: `path` cannot be written to.
    """
    page = render_page(gallery)
    files.write_text(path, page)
    warn_of_size(path, page)
    return [path]


def warn_of_size(path: Path, page: str) -> None:
    """Put a warning into the log about a page that is so large that browsers open it slowly."""
    if len(page) > LARGE:
        said = "%s takes %.0f MB, which browsers open slowly; show fewer designs, or export them apart"
        logging.getLogger(__name__).warning(said, path, len(page) / 1e6)


def render_page(gallery: Gallery) -> str:
    """Return the page as text. Only its own script and style may run in it (content security policy by hash)."""
    flat, unmapped = gallery.recordings[0].dim != 3, gallery.map is None
    empty = (*(SPATIAL if flat else ()), *(("map",) if unmapped else ()))
    return render_document("gallery.html", SCRIPTS, gallery.title, encode_gallery(gallery), empty)


def render_document(content: str, scripts: Sequence[str], title: str, data: str, empty: Sequence[str] = ()) -> str:
    """Return a page of one file as text.

    Args:
        content: name of the HTML that stands between the title and the script, which all pages have alike.
        scripts: names of its modules, each of which imports from earlier ones only.
        title: any text.
        data: what `script_safe` returned.
        empty: names of modules that the page does not need; what others import from them is undefined.
    """
    script, style = join_scripts(scripts, empty), _without_indentation(_source("style.css"))
    parts = {
        "title": html.escape(title),
        "script": script,
        "script_hash": _hash(script),
        "style": style,
        "style_hash": _hash(style),
        "data": data,
    }
    # One pass over what is ours, so that a placeholder inside the user's text stays what it is.
    return _PLACE.sub(lambda place: parts[place[1]], _source("document.html").replace("{{content}}", _source(content)))


def _without_indentation(style: str) -> str:
    """Return a style sheet without the spaces and empty lines that only its readers need."""
    return "".join(f"{line.strip()}\n" for line in style.splitlines() if line.strip())


def join_scripts(scripts: Sequence[str] = SCRIPTS, empty: Sequence[str] = ()) -> str:
    """Return a page's modules as one script: a function scope for each, in place of its file.

    Browsers do not let a page opened from disk import other files. Modules of `empty` hold nothing.
    """
    return "".join(_enclose(name, "" if name in empty else _source(f"{name}.js")) for name in scripts)


def _enclose(name: str, source: str) -> str:
    exported = ", ".join(match[2] for match in _EXPORT.finditer(source))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = module_\2;", source))
    body = body if name.startswith("vendor/") else _COMMENT.sub("", body)
    return f"const module_{name.rpartition('/')[2]} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def encode_gallery(gallery: Gallery) -> str:
    """Return the gallery as JSON that is safe inside a script element: no character that could end it."""
    dim = gallery.recordings[0].dim
    for recording in gallery.recordings:
        if recording.dim not in (2, 3):
            raise RecordingError(
                "designs in two or three dimensions", f"{recording.dim} ({recording.design})", "use format=json"
            )
        if recording.dim != dim:
            raise RecordingError(
                f"designs in {dim} dimensions like the first", f"{recording.dim} ({recording.design})", "part them"
            )
    grounds = _Distinct()
    data = {
        "dim": dim,
        "config": gallery.config_text,
        "units": dict(gallery.units),
        "history": _encode_history(gallery.history),
        "map": None if gallery.map is None else gallery.map.numbers(),
        "summary": None if gallery.summary is None else summary_numbers(gallery.summary),
        "material_names": list(max((recording.material_names for recording in gallery.recordings), key=len)),
        "designs": [_encode_recording(recording, grounds) for recording in gallery.recordings],
        "grounds": [_encode_ground(ground) for ground in grounds.arrays],
    }
    return script_safe(data)


def script_safe(data: Any) -> str:
    """Return plain values as JSON that is safe inside a script element: no character that could end it."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Distinct:
    """Arrays by number, equal ones once: designs of a run mostly stand on one ground, which is large in 3D."""

    def __init__(self) -> None:
        self.arrays: list[npt.NDArray[np.float32]] = []
        self._numbers: dict[tuple[tuple[int, ...], bytes], int] = {}

    def number(self, array: npt.NDArray[np.float32]) -> int:
        key = (array.shape, array.tobytes())
        if key not in self._numbers:
            self._numbers[key] = len(self.arrays)
            self.arrays.append(array)
        return self._numbers[key]


def _encode_ground(ground: npt.NDArray[np.float32]) -> Any:
    """Return a line of points as it is; of a heightfield the grid, and heights in steps of 1/65535 of their extent."""
    if ground.ndim == 2:
        return np.round(ground.astype(np.float64), 6).tolist()
    heights = ground[:, :, 2].astype(np.float64)
    low = float(heights.min())
    step = float(heights.max() - low) / 65535 or 1.0
    return {
        "x": _base64(ground[0, :, 0], "<f4"),
        "y": _base64(ground[:, 0, 1], "<f4"),
        "z": _base64(np.round((heights - low) / step), "<u2"),
        "low": low,
        "step": step,
    }


def _encode_recording(recording: Recording, grounds: _Distinct) -> dict[str, Any]:
    muscles = np.flatnonzero(recording.swings)
    return {
        "id": recording.design,
        "dim": recording.dim,
        "generation": recording.generation,
        "parents": list(recording.parents),
        "operator": recording.operator,
        "controller": recording.controller,
        "task": recording.task,
        "fitness": plain(recording.fitness),
        "measures": {name: plain(value) for name, value in recording.measures.items()},
        "curve": plain_list(recording.curve),
        "mass_count": recording.masses,
        **_encode_masses(recording),
        "spring_count": len(recording.springs),
        "spring_length": float(recording.rest_lengths.mean()) if len(recording.rest_lengths) else 0.0,
        "springs": recording.springs.ravel().tolist(),
        "muscles": muscles.tolist(),
        "cells": recording.cells.tolist(),
        "materials": recording.materials.tolist(),
        "ground": grounds.number(recording.ground),
        "light": None if recording.light is None else plain_list(recording.light),
        "world_fitness": None if recording.world_fitness is None else plain_list(recording.world_fitness),
        "shapes": _encode_shapes(recording),
        "motion": {
            "before": recording.before and _encode_trajectory(recording.before, muscles),
            "after": _encode_trajectory(recording.after, muscles),
        },
    }


def _encode_masses(recording: Recording) -> dict[str, Any]:
    """Return the masses where they differ, which decides where the centre of mass is."""
    differ = (recording.point_masses != recording.point_masses[:1]).any()
    return {"point_masses": plain_list(recording.point_masses)} if differ else {}


def _encode_shapes(recording: Recording) -> dict[str, Any] | None:
    """Return the body at rest as it was drawn and as it learned to be, each a motion of one frame; None if it did not.

    Every spring has the share of its change of length, of the largest, in place of actuation: -1 shorter, 1 longer.
    """
    drawn, changes = recording.drawn, recording.changes
    if drawn is None or not changes or not len(recording.springs):
        return None
    change = recording.rest_lengths.astype(np.float64) / drawn.rest_lengths - 1.0
    largest = float(np.abs(change).max())
    shares = np.zeros((2, len(change))) if largest == 0.0 else np.stack([np.zeros(len(change)), change / largest])
    shapes = zip(shapes_at_rest(recording), shares, strict=True)
    frames = [Trajectory(np.zeros(1), shape[None], share[None]) for shape, share in shapes]
    everything = np.arange(len(change))
    return {
        "before": _encode_trajectory(frames[0], everything),
        "after": _encode_trajectory(frames[1], everything),
        "changes": [{"name": CHANGEABLE[name], "mean": mean, "most": most} for name, (mean, most) in changes.items()],
    }


def _encode_trajectory(trajectory: Trajectory, muscles: npt.NDArray[np.intp]) -> dict[str, Any]:
    """Return positions in steps of 1/65535 of their extent along each axis, actuation in 1/127 of the largest.

    A robot that crosses five metres is off by at most 0.04 mm, a tenth of a pixel on a large screen. Passive springs
    have no actuation to store.
    """
    positions = trajectory.positions.astype(np.float64)
    low = positions.min(axis=(0, 1))
    step = (positions.max(axis=(0, 1)) - low) / 65535
    step[step == 0] = 1.0
    actuation = trajectory.actuation[:, muscles].astype(np.float64)
    largest = max(float(np.abs(actuation).max(initial=0.0)), 1.0)
    return {
        "times": _base64(trajectory.times, "<f4"),
        "low": low.tolist(),
        "step": step.tolist(),
        "positions": _base64(np.round((positions - low) / step), "<u2"),
        "actuation": _base64(np.round(actuation / largest * 127), "<i1"),
        "actuation_step": largest / 127,
    }


def _encode_history(history: History) -> dict[str, Any]:
    return {
        "generations": history.generations.tolist(),
        "best": plain_list(history.best_fitness),
        "mean": plain_list(history.mean_fitness),
    }


def _base64(values: npt.NDArray[Any], dtype: str) -> str:
    return base64.b64encode(values.astype(dtype).tobytes()).decode("ascii")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _source(name: str) -> str:
    return (resources.files("codesign.export") / "page" / name).read_text(encoding="utf-8")
