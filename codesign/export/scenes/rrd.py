"""Scenes as recordings of Rerun: surface, springs, masses and numbers over two time lines, `time` and `frame`."""

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.recording import Array, Gallery, Recording, Trajectory
from codesign.export.scenes import colours as paint
from codesign.export.scenes import mesh, shapes, stage
from codesign.export.scenes.facts import facts
from codesign.export.scenes.settings import SceneSettings
from codesign.export.scenes.space import at_frame_rate, lifted, require_drawable

if TYPE_CHECKING:
    import pyarrow as pa
    from rerun import AsComponents, ComponentColumn
    from rerun.blueprint import Blueprint
    from rerun.chunk import Chunk

_DEFAULTS = SceneSettings()
_NUMBERS = {
    "centre_x": "x of the centre [m]",
    "height": "height of the centre [m]",
    "actuation_mean": "mean actuation of the muscles (-1 to 1)",
}
"""What is plotted over time, by the entity below `numbers`."""


def write_rrd(gallery: Gallery, path: Path, settings: SceneSettings = _DEFAULTS) -> list[Path]:
    """Write a recording of Rerun of each design, named as `Exporter.write` says, and return the files.

    Lengths are metres, the vertical is z. Motion after learning is below `robot`, that before learning below
    `before_learning`.

    Raises:
        RecordingError: designs that have neither two nor three dimensions.
        OutputError: `path` cannot be written to.
    """
    for recording in gallery.recordings:
        require_drawable(recording)
    return each_design(lambda recording, each: _write(recording, each, settings), gallery, path)


def _write(recording: Recording, path: Path, settings: SceneSettings) -> None:
    from rerun import RecordingStream  # noqa: PLC0415 - an extra, and only who asks for it loads it

    scene = _Scene(recording, settings)
    # Viewers put recordings of one id together, so it is of the motion and not of the design's id alone.
    digest = hashlib.sha256(recording.after.positions.tobytes() + recording.after.actuation.tobytes()).hexdigest()
    identity = f"{recording.design}-{digest[:12]}"
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "scene.rrd"
        stream = RecordingStream("codesign", recording_id=identity, send_properties=False)
        stream.save(written, default_blueprint=_layout())
        stream.send_chunks(scene.chunks)
        stream.disconnect()
        files.write_bytes(path, written.read_bytes())


def _layout() -> "Blueprint":
    """Return what a viewer shows at first: the scene, and beside it numbers over time and facts."""
    import rerun.blueprint as layout  # noqa: PLC0415 - as above

    plots = [layout.TimeSeriesView(origin=f"numbers/{path}", name=name) for path, name in _NUMBERS.items()]
    facts_and_learning = layout.Tabs(
        layout.TextDocumentView(origin="design", name="design"),
        layout.TimeSeriesView(origin="learning", name="learning (time line learning_step)"),
    )
    scene = layout.Spatial3DView(origin="/", name="scene")
    column = layout.Vertical(*plots, facts_and_learning)
    return layout.Blueprint(layout.Horizontal(scene, column, column_shares=[3, 2]), collapse_panels=True)


class _Scene:
    """A recording in the making.

    Attributes:
        chunks: what it consists of.
    """

    def __init__(self, recording: Recording, settings: SceneSettings) -> None:
        self.recording = recording
        self.chunks: list[Chunk] = []
        self._facts(settings)
        self._surroundings(settings)
        for name, motion in (("robot", recording.after), ("before_learning", recording.before)):
            if motion is not None:
                self._motion(name, at_frame_rate(motion, settings.frame_rate))
        self._learning()

    def _fixed(self, path: str, what: "AsComponents") -> None:
        """Add what does not change."""
        from rerun.chunk import Chunk  # noqa: PLC0415 - as above

        self.chunks.append(Chunk.from_columns(path, [], _columns(what)))

    def _moving(self, path: str, motion: Trajectory, columns: Iterable["ComponentColumn"]) -> None:
        """Add what has a value at every frame."""
        import rerun as rr  # noqa: PLC0415 - as above
        from rerun.chunk import Chunk  # noqa: PLC0415 - as above

        lines = [
            rr.TimeColumn("time", duration=motion.times.astype(np.float64)),
            rr.TimeColumn("frame", sequence=np.arange(len(motion.times))),
        ]
        self.chunks.append(Chunk.from_columns(path, lines, columns))

    def _facts(self, settings: SceneSettings) -> None:
        import rerun as rr  # noqa: PLC0415 - as above

        self._fixed("/", rr.ViewCoordinates.RIGHT_HAND_Z_UP)
        self._fixed("/__properties", rr.archetypes.RecordingInfo(name=self.recording.design))
        motion = at_frame_rate(self.recording.after, settings.frame_rate)
        known = facts(self.recording, motion.times)
        table = ["| | |", "| --- | --- |", *(f"| {key} | {_told(value)} |" for key, value in known.items())]
        self._fixed("design", rr.TextDocument("\n".join(table), media_type="text/markdown"))

    def _surroundings(self, settings: SceneSettings) -> None:
        import rerun as rr  # noqa: PLC0415 - as above

        ground = stage.ground_of(self.recording, settings.ground_margin)
        colours = np.repeat(np.where(ground.dark[:, None], paint.SOIL_DARK, paint.SOIL), 4, axis=0)
        corners = np.arange(ground.quads.size).reshape(-1, 4)
        self._fixed(
            "ground",
            rr.Mesh3D(
                vertex_positions=ground.points[ground.quads.ravel()].astype(np.float32),
                vertex_normals=ground.normals[ground.quads.ravel()].astype(np.float32),
                vertex_colors=_bytes(colours),
                triangle_indices=corners[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3),
            ),
        )
        lamp = stage.lamp_of(self.recording)
        if lamp is None:
            return
        for name, shape, colour in (
            ("ball", shapes.ball(lamp.radius), paint.LAMP),
            ("pole", shapes.tube(lamp.foot, lamp.place, 0.12 * lamp.radius), paint.POLE),
        ):
            points = shape.points + (lamp.place if name == "ball" else 0)
            self._fixed(
                f"lamp/{name}",
                rr.Mesh3D(
                    vertex_positions=points.astype(np.float32),
                    vertex_normals=shape.normals.astype(np.float32),
                    vertex_colors=_bytes(np.broadcast_to(colour, points.shape)),
                    triangle_indices=shape.triangles,
                ),
            )

    def _motion(self, name: str, motion: Trajectory) -> None:
        self._body(f"{name}/body", motion)
        self._springs(f"{name}/springs", motion)
        self._masses(f"{name}/masses", motion)
        positions = lifted(motion.positions, "z")
        muscles = self.recording.swings > 0
        actuation = motion.actuation[:, muscles] if muscles.any() else np.zeros((len(motion.times), 1))
        centre = self.recording.centres(positions)
        shown = (centre[:, 0], centre[:, 2], actuation.mean(axis=1))
        for path, values in zip(_NUMBERS, shown, strict=True):
            self._plot(f"numbers/{path}/{name}", name.replace("_", " "), values, motion)

    def _plot(self, path: str, label: str, values: Array, motion: Trajectory) -> None:
        import rerun as rr  # noqa: PLC0415 - as above

        self._moving(path, motion, rr.Scalars.columns(scalars=values))
        self._fixed(path, rr.SeriesLines(names=label))

    def _body(self, path: str, motion: Trajectory) -> None:
        """Add the surface of the cells."""
        import rerun as rr  # noqa: PLC0415 - as above

        recording = self.recording
        skin = mesh.surface(recording)
        if not len(skin.sizes):
            return
        corners = skin.corners(motion.positions, "z")
        cells = paint.actuated(*paint.cell_colours(recording), mesh.actuation_of_cells(recording, motion.actuation))
        sizes = np.full(len(motion.times), len(skin.masses))
        columns = rr.Mesh3D.columns(
            vertex_positions=_rows(corners),
            vertex_normals=_rows(skin.normals(corners)),
            vertex_colors=_bytes(cells[:, skin.cells[skin.polygon_of_corner]].reshape(-1, 3)),
        )
        self._moving(path, motion, columns.partition(sizes))
        self._fixed(path, rr.Mesh3D.from_fields(triangle_indices=skin.triangles()))

    def _springs(self, path: str, motion: Trajectory) -> None:
        """Add all springs, those inside cells too: a viewer can hide the body."""
        import rerun as rr  # noqa: PLC0415 - as above

        recording = self.recording
        if not len(recording.springs):
            return
        ends = lifted(motion.positions, "z")[:, recording.springs]
        columns = rr.LineStrips3D.columns(
            strips=_pairs(ends),
            colors=_bytes(paint.spring_colours(recording, motion.actuation).reshape(-1, 3)),
        )
        self._moving(path, motion, columns.partition(np.full(len(motion.times), len(recording.springs))))
        self._fixed(path, rr.LineStrips3D.from_fields(radii=mesh.spring_radii(recording)))

    def _masses(self, path: str, motion: Trajectory) -> None:
        import rerun as rr  # noqa: PLC0415 - as above

        columns = rr.Points3D.columns(positions=_rows(lifted(motion.positions, "z")))
        self._moving(path, motion, columns.partition(np.full(len(motion.times), self.recording.masses)))
        radius = mesh.mass_radius(self.recording)
        self._fixed(path, rr.Points3D.from_fields(radii=radius, colors=_bytes(paint.MASS[None])))

    def _learning(self) -> None:
        """Add what the design could do after each step of learning, on a time line of its own."""
        import rerun as rr  # noqa: PLC0415 - as above
        from rerun.chunk import Chunk  # noqa: PLC0415 - as above

        known = np.flatnonzero(np.isfinite(self.recording.curve))
        if not len(known):
            return
        line = rr.TimeColumn("learning_step", sequence=known)
        columns = rr.Scalars.columns(scalars=self.recording.curve[known].astype(np.float64))
        self.chunks.append(Chunk.from_columns("learning/performance", [line], columns))
        self._fixed("learning/performance", rr.SeriesLines(names="performance (higher is better)"))


def _columns(what: "AsComponents") -> list["ComponentColumn"]:
    """Return the components of something as columns of one row."""
    from rerun import ComponentColumn  # noqa: PLC0415 - as above

    batches = what.as_component_batches()
    return [
        ComponentColumn(each.component_descriptor(), each, lengths=[len(each.as_arrow_array())]) for each in batches
    ]


def _pairs(ends: Array) -> "pa.Array":
    """Return lines between two points, float[..., 2, 3], as the library stores them; by itself it takes seconds."""
    import pyarrow as pa  # noqa: PLC0415 - only who asks for it loads it
    from rerun.components import LineStrip3DBatch  # noqa: PLC0415 - as above

    stored = LineStrip3DBatch(np.zeros((1, 2, 3), np.float32)).as_arrow_array().type
    numbers = pa.array(_rows(ends).ravel())
    points = pa.FixedSizeListArray.from_arrays(numbers, type=stored.value_type)
    starts = pa.array(np.arange(0, len(points) + 1, 2, dtype=np.int32))
    return pa.ListArray.from_arrays(starts, points, type=stored)


def _rows(points: Array) -> Array:
    return points.reshape(-1, 3).astype(np.float32)


def _bytes(colours: Array) -> Array:
    """Return sRGB colours as bytes of red, green, blue and opacity."""
    opaque = np.ones((*colours.shape[:-1], 1))
    return np.round(np.concatenate([colours, opaque], axis=-1) * 255).astype(np.uint8)


def _told(value: object) -> str:
    """Return a fact as text in a table of Markdown."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|")
