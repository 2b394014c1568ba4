"""Models for MuJoCo, read by MuJoCo: what it makes of them is what was recorded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from codesign.export import EXPORTERS, Gallery, Mechanics, Recording, RecordingError, mjcf_text
from codesign.export.mjcf_ground import height_at, slope_at
from tests.export import cubes, strips

# The names come from compiled code that a type checker does not see.
mj: Any = mujoco

SCENES = {
    "strip on a slope": strips.recording(),
    "strip on level ground": strips.recording(ground=[[-1.0, 0.1], [3.0, 0.1]]),
    "table on bumpy ground": cubes.recording(light=cubes.LIGHT),
    "table on level ground": cubes.recording(bumpy=False),
    "nothing but springs": strips.recording(cells=np.zeros((0, 3)), materials=np.zeros(0)),
}


def loaded(recording: Recording) -> tuple[Any, Any]:
    model = mj.MjModel.from_xml_string(mjcf_text(recording))
    data = mj.MjData(model)
    mj.mj_forward(model, data)
    return model, data


def in_space(places: np.ndarray) -> np.ndarray:
    return places if places.shape[1] == 3 else np.insert(places, 1, 0.0, axis=1)


@pytest.mark.parametrize("scene", SCENES)
def test_masses_lie_and_weigh_as_recorded(scene: str) -> None:
    recording = SCENES[scene]
    model, data = loaded(recording)
    assert model.nbody == recording.masses + 1
    np.testing.assert_array_equal(model.body_mass[1:], 1.0)
    np.testing.assert_allclose(data.xpos[1:], in_space(recording.after.positions[0]), rtol=0, atol=1e-6)
    assert model.nv == recording.masses * recording.dim
    # A body is joined to the world alone, and moves along the axes.
    np.testing.assert_array_equal(model.body_parentid[1:], 0)
    axes = model.jnt_axis.reshape(recording.masses, recording.dim, 3)
    np.testing.assert_array_equal(axes, np.repeat(in_space(np.eye(recording.dim))[None], recording.masses, axis=0))


@pytest.mark.parametrize("scene", SCENES)
def test_springs_are_tendons_of_their_length_and_stiffness(scene: str) -> None:
    recording = SCENES[scene]
    model, data = loaded(recording)
    start = recording.after.positions[0].astype(np.float64)
    first, second = recording.springs.T
    np.testing.assert_allclose(data.ten_length, np.linalg.norm(start[first] - start[second], axis=1), atol=1e-6)
    np.testing.assert_array_equal(model.tendon_stiffness, recording.stiffness)
    # What our spring law adds to the length is taken off that at rest.
    np.testing.assert_allclose(model.tendon_lengthspring[:, 0], recording.rest_lengths - 1e-4, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(model.tendon_lengthspring[:, 0], model.tendon_lengthspring[:, 1])
    names = [model.tendon(spring).name for spring in range(model.ntendon)]
    assert names == [f"spring_{spring}" for spring in range(len(recording.springs))]


@pytest.mark.parametrize("dim", [2, 3])
def test_a_muscle_moves_the_length_that_its_spring_strives_for(dim: int) -> None:
    """With the actuation a, the tension is k (length - rest (1 + swing a)), which is our spring law."""
    recording = strips.recording() if dim == 2 else cubes.recording()
    recording = replace(recording, mechanics=Mechanics(0.004, 0.0))
    model, data = loaded(recording)
    muscles = np.flatnonzero(recording.swings > 0)
    assert [model.actuator(each).name for each in range(model.nu)] == [f"muscle_{spring}" for spring in muscles]
    data.qpos[:] += np.random.default_rng(0).normal(0.0, 0.003, model.nq)
    asked = np.zeros(len(recording.springs))
    asked[muscles] = np.random.default_rng(1).uniform(-1.0, 1.0, len(muscles))
    data.ctrl[:] = asked[muscles]
    mj.mj_forward(model, data)
    x = recording.after.positions[0] + data.qpos.reshape(recording.masses, dim)
    first, second = recording.springs.T
    along = x[first] - x[second]
    length = np.linalg.norm(along, axis=1)
    tension = recording.stiffness * (length - recording.rest_lengths * (1.0 + recording.swings * asked))
    force = np.zeros_like(x)
    np.add.at(force, first, -along * (tension / length)[:, None])
    np.add.at(force, second, along * (tension / length)[:, None])
    np.testing.assert_allclose(data.qfrc_passive + data.qfrc_actuator, force.ravel(), rtol=1e-5, atol=1e-3)


def test_time_gravity_and_drag_are_those_of_the_recording() -> None:
    mechanics = Mechanics(dt=0.002, gravity=-4.8, damping=15.0, mass=1.5, contact="no_slip")
    model, _ = loaded(strips.recording(mechanics=mechanics))
    assert model.opt.timestep == 0.002
    np.testing.assert_array_equal(model.opt.gravity, [0.0, 0.0, -4.8])
    np.testing.assert_array_equal(model.body_mass[1:], 1.5)
    # v' = v - dt damping / mass v is one of our steps, v' = v exp(-15 dt).
    np.testing.assert_allclose(1.0 - 0.002 * model.dof_damping / 1.5, np.exp(-15.0 * 0.002))
    dashpot = Mechanics(0.004, -9.8, forces={"dashpot": {"damping": 12.0}})
    np.testing.assert_array_equal(loaded(strips.recording(mechanics=dashpot))[0].tendon_damping, 12.0)


@pytest.mark.parametrize(("friction", "expected"), [({"friction": 0.7}, 0.7), ({}, 50.0)])
def test_friction_is_that_of_the_ground(friction: dict[str, float], expected: float) -> None:
    contact = "coulomb" if friction else "no_slip"
    mechanics = Mechanics(0.004, -9.8, contact=contact, contact_settings=friction)
    model, data = loaded(strips.recording(mechanics=mechanics, ground=[[-1.0, 0.1], [3.0, 0.1]]))
    assert data.ncon > 0
    np.testing.assert_array_equal(data.contact.friction[:, :2], expected)
    assert model.geom("ground").priority[0] == 1


@pytest.mark.parametrize("scene", SCENES)
def test_rays_meet_the_ground_at_the_recorded_heights(scene: str) -> None:
    recording = SCENES[scene]
    model, data = loaded(recording)
    generator = np.random.default_rng(0)
    ends = recording.ground.reshape(-1, recording.dim)[:, :-1]
    # A little beyond what was recorded, where the ground goes on level.
    places = generator.uniform(ends.min(axis=0) - 1.0, ends.max(axis=0) + 1.0, (60, recording.dim - 1))
    model.geom_group[1:] = 3
    model.geom_group[model.geom("ground").id] = 0
    only_ground = np.array([1, 0, 0, 0, 0, 0], np.uint8)
    for place in places:
        start = np.array([*place, *[0.0] * (2 - len(place)), 5.0])
        hit = np.zeros(1, np.int32)
        distance = mj.mj_ray(model, data, start, np.array([0.0, 0.0, -1.0]), only_ground, 1, -1, hit, None)
        assert hit[0] == model.geom("ground").id
        # Where cells are twisted MuJoCo has two triangles.
        assert 5.0 - distance == pytest.approx(float(height_at(recording.ground, place)), abs=3e-3)


@pytest.mark.parametrize("dim", [2, 3])
def test_heights_and_slopes_between_points(dim: int) -> None:
    ground = strips.recording().ground if dim == 2 else cubes.bumpy_ground()
    places = np.random.default_rng(2).uniform(-1.4, 3.4, (50, dim - 1))
    slopes, step = slope_at(ground, places), 1e-5
    for axis in range(dim - 1):
        ahead, behind = places.copy(), places.copy()
        ahead[:, axis] += step
        behind[:, axis] -= step
        differences = (height_at(ground, ahead) - height_at(ground, behind)) / (2.0 * step)
        np.testing.assert_allclose(slopes[:, axis], differences, atol=1e-3)


def test_the_table_of_controls_is_what_was_asked(tmp_path: Path) -> None:
    recording = strips.recording()
    gallery = Gallery("strips", (recording,), strips.gallery().history)
    model_path, control_path = EXPORTERS["mjcf"].write(gallery, tmp_path / "g000-i0000.xml")
    assert control_path.name == "g000-i0000.control.csv"
    model = mj.MjModel.from_xml_path(str(model_path))
    table = np.genfromtxt(control_path, delimiter=",", names=True)
    np.testing.assert_allclose(table["time"], recording.after.times, atol=1e-5)
    for number, spring in enumerate(np.flatnonzero(recording.swings > 0)):
        own = table[model.actuator(number).name]
        np.testing.assert_allclose(own, recording.after.actuation[:, spring], atol=1e-5)


def test_the_note_plays_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines in the file's own comment run, but for the window."""
    gallery = Gallery("strips -- of triangles", (strips.recording(),), strips.gallery().history)
    model_path, _ = EXPORTERS["mjcf"].write(gallery, tmp_path / "g000-i0000.xml")
    text = model_path.read_text(encoding="utf-8")
    note = text[text.index("<!--") + 4 : text.index("-->")]
    lines = [line[2:] for line in note.splitlines() if line.startswith("  ")]
    program = "\n".join(lines).replace(
        "import mujoco, mujoco.viewer, numpy as np, time", "import mujoco, numpy as np, time"
    )
    monkeypatch.chdir(tmp_path)
    shown: list[float] = []
    scope: dict[str, Any] = {}
    head, body = program.split("with mujoco.viewer")
    exec(head, scope)
    loop = body.partition("while viewer.is_running():\n")[2]
    for _ in range(3):
        exec("\n".join(line[8:] for line in loop.splitlines()).replace("viewer.sync()", "pass"), scope)
        shown.append(scope["data"].time)
    assert shown == pytest.approx([0.004, 0.008, 0.012])
    assert np.abs(scope["data"].ctrl).max() > 0.1


def test_cells_are_skins_whose_corners_are_masses() -> None:
    recording = cubes.recording()
    model, _ = loaded(recording)
    assert model.nskin == len(np.unique(recording.materials))
    start = recording.after.positions[0]
    assert {tuple(np.round(place, 4)) for place in model.skin_vert} <= {tuple(np.round(place, 4)) for place in start}
    assert model.nskinface == 2 * 6 * (len(recording.cells)) - 2 * 2 * shared_faces(recording)


def shared_faces(recording: Recording) -> int:
    """Faces between two cells of one material."""
    corners = [set(cell) for cell in recording.cells.tolist()]
    return sum(
        len(one & other) == 4 and recording.materials[a] == recording.materials[b]
        for a, one in enumerate(corners)
        for b, other in enumerate(corners)
        if a < b
    )


def test_a_recording_that_does_not_say_how_it_was_simulated_is_refused(tmp_path: Path) -> None:
    gallery = Gallery("strips", (strips.recording(mechanics=None),), strips.gallery().history)
    with pytest.raises(RecordingError, match="how it was simulated"):
        EXPORTERS["mjcf"].write(gallery, tmp_path / "model.xml")
    assert list(tmp_path.iterdir()) == []
