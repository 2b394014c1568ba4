import dataclasses
from pathlib import Path

import numpy as np
import pytest
from rerun.chunk import RrdReader

from codesign.export import EXPORTERS, Recording
from codesign.export.scenes import SceneSettings
from tests.export import strips
from tests.export.scenes.test_glb import RECORDINGS


class Scene:
    """What Rerun's own reader finds in a file: `fixed` and `moving` components by entity and name."""

    def __init__(self, path: Path) -> None:
        reader = RrdReader(path)
        (self.entry,) = reader.recordings()
        self.blueprints = reader.blueprints()
        self.fixed, self.moving, self.lines = {}, {}, {}
        for chunk in reader.stream(store=self.entry).to_chunks():
            batch = chunk.to_record_batch()
            columns = {name: batch.column(name).to_pylist() for name in batch.schema.names if ":" in name}
            kept = self.fixed if chunk.is_static else self.moving
            kept.setdefault(chunk.entity_path, {}).update(columns)
            for name in chunk.timeline_names:
                self.lines.setdefault(chunk.entity_path, {})[name] = batch.column(name)

    def seconds(self, entity: str) -> np.ndarray:
        return np.array(self.lines[entity]["time"].cast("int64").to_pylist()) / 1e9


def written(recording: Recording, tmp_path: Path, settings: SceneSettings | None = None) -> Scene:
    more = () if settings is None else (settings,)
    (path,) = EXPORTERS["rrd"].write(strips.gallery(recordings=(recording,)), tmp_path / "scene.rrd", *more)
    return Scene(path)


def z_up(points: np.ndarray) -> np.ndarray:
    if points.shape[-1] == 3:
        return points
    return np.stack([points[..., 0], np.zeros(points.shape[:-1]), points[..., 1]], axis=-1)


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_moves_is_where_the_recording_has_it_when_it_has_it(name, tmp_path):
    recording = RECORDINGS[name]()
    scene = written(recording, tmp_path)
    for entity, motion in (("/robot", recording.after), ("/before_learning", recording.before)):
        if motion is None:
            assert not any(each.startswith(entity) for each in scene.moving)
            continue
        expected = z_up(motion.positions)
        masses = np.array(scene.moving[f"{entity}/masses"]["Points3D:positions"])
        np.testing.assert_allclose(masses, expected, atol=1e-6)
        springs = np.array(scene.moving[f"{entity}/springs"]["LineStrips3D:strips"])
        np.testing.assert_allclose(springs, expected[:, recording.springs], atol=1e-6)
        for part in ("masses", "springs"):
            np.testing.assert_allclose(scene.seconds(f"{entity}/{part}"), motion.times, atol=1e-6)
            assert scene.lines[f"{entity}/{part}"]["frame"].to_pylist() == list(range(len(motion.times)))
        x = np.array(scene.moving[f"/numbers/centre_x{entity}"]["Scalars:scalars"])[:, 0]
        np.testing.assert_allclose(x, motion.positions[:, :, 0].mean(axis=1), atol=1e-6)


def test_the_body_is_its_cells_in_the_colour_of_what_they_do(tmp_path):
    recording = RECORDINGS["3D"]()
    scene = written(recording, tmp_path)
    body = scene.moving["/robot/body"]
    corners = np.array(body["Mesh3D:vertex_positions"])
    away = np.linalg.norm(corners[4][:, None] - recording.after.positions[4], axis=2).min(axis=1)
    assert away.max() < 1e-6
    triangles = np.array(scene.fixed["/robot/body"]["Mesh3D:triangle_indices"][0])
    a, b, c = corners[4][triangles].transpose(1, 0, 2)
    assert np.einsum("ta,ta->", a, np.cross(b - a, c - a)) > 0
    colours = np.array(body["Mesh3D:vertex_colors"], np.int64)
    assert colours.shape == corners.shape[:2]
    assert (colours & 0xFF == 0xFF).all()
    assert len(np.unique(colours[:, 0])) > 5


def test_springs_have_the_colour_of_what_they_do(tmp_path):
    recording = strips.recording(frames=3, before=None)
    actuation = np.array([-1.0, 0.0, 1.0])[:, None] * (recording.swings > 0)
    recording = dataclasses.replace(recording, after=dataclasses.replace(recording.after, actuation=actuation))
    colours = np.array(written(recording, tmp_path).moving["/robot/springs"]["LineStrips3D:colors"], np.int64)
    muscles = recording.swings > 0
    assert set(colours[0, muscles].tolist()) == {0xC8500AFF}
    assert set(colours[2, muscles].tolist()) == {0x1A63B0FF}


def test_a_recording_says_what_it_shows(tmp_path):
    recording = RECORDINGS["3D"]()
    scene = written(recording, tmp_path)
    assert scene.entry.application_id == "codesign"
    assert scene.entry.recording_id.startswith("g000-i0000-")
    assert len(scene.blueprints) == 1
    assert "| fitness | 0.6 |" in scene.fixed["/design"]["TextDocument:text"][0][0]
    assert {"/ground", "/lamp/ball", "/lamp/pole"} <= scene.fixed.keys()
    steps = scene.lines["/learning/performance"]["learning_step"].to_pylist()
    assert steps == list(range(6))
    found = np.array(scene.moving["/learning/performance"]["Scalars:scalars"])[:, 0]
    np.testing.assert_allclose(found, recording.curve, atol=1e-6)


def test_steps_of_learning_that_failed_are_left_out(tmp_path):
    recording = strips.recording(frames=3)
    assert written(recording, tmp_path).lines["/learning/performance"]["learning_step"].to_pylist() == list(range(5))


def test_a_frame_rate_is_kept(tmp_path):
    scene = written(strips.recording(), tmp_path, SceneSettings(frame_rate=10))
    np.testing.assert_allclose(scene.seconds("/robot/masses"), np.arange(21) / 10, atol=1e-6)


def test_the_same_design_gives_the_same_contents(tmp_path):
    first, second = (written(RECORDINGS["3D"](), tmp_path) for _ in range(2))
    assert first.moving == second.moving
    assert first.fixed == second.fixed
    assert first.entry == second.entry
