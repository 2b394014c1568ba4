import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdValidation

from codesign.errors import ConfigError
from codesign.export import EXPORTERS, Recording
from codesign.export.scenes import SceneSettings
from tests.export import strips
from tests.export.scenes.test_glb import RECORDINGS, linear, y_up

# pyright: reportAttributeAccessIssue=false
FORMATS = ("usd", "usdz")


def written(recording: Recording, tmp_path: Path, name: str, settings: SceneSettings | None = None) -> Path:
    gallery = strips.gallery(recordings=(recording,))
    more = () if settings is None else (settings,)
    (path,) = EXPORTERS[name].write(gallery, tmp_path / f"scene{EXPORTERS[name].suffix}", *more)
    return path


def upright(points: np.ndarray, name: str) -> np.ndarray:
    if name == "usdz":
        return y_up(points)
    if points.shape[-1] == 2:
        return np.stack([points[..., 0], np.zeros(points.shape[:-1]), points[..., 1]], axis=-1)
    return points


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shown", RECORDINGS)
def test_validators_have_no_objection(name, shown, tmp_path):
    stage = Usd.Stage.Open(str(written(RECORDINGS[shown](), tmp_path, name)))
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert len(validators) > 20
    errors = UsdValidation.ValidationContext(validators).Validate(stage)
    assert [error.GetMessage() for error in errors] == []


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shown", ["2D", "3D"])
def test_points_are_where_the_recording_has_them_when_it_has_them(name, shown, tmp_path):
    recording = RECORDINGS[shown]()
    stage = Usd.Stage.Open(str(written(recording, tmp_path, name)))
    times = recording.after.times
    rate = stage.GetTimeCodesPerSecond()
    assert (stage.GetEndTimeCode() - stage.GetStartTimeCode()) / rate == pytest.approx(float(times[-1]))
    springs = UsdGeom.BasisCurves.Get(stage, f"/World/robot/{'springs' if recording.dim == 2 else 'inner_springs'}")
    body = UsdGeom.Mesh.Get(stage, "/World/robot/body")
    for frame in (0, 3, len(times) - 1):
        code = float(times[frame]) * rate
        expected = upright(recording.after.positions[frame], name)
        ends = np.array(springs.GetPointsAttr().Get(code))
        np.testing.assert_allclose(ends, expected[recording.springs.ravel()], atol=1e-6)
        corners = np.array(body.GetPointsAttr().Get(code))
        away = np.linalg.norm(corners[:, None] - expected, axis=2).min(axis=1)
        assert away.max() < (1e-6 if recording.dim == 3 else 0.02 * recording.rest_lengths.mean())
        low, high = np.array(body.GetExtentAttr().Get(code))
        np.testing.assert_allclose([low, high], [corners.min(axis=0), corners.max(axis=0)], atol=1e-6)
    between = np.array(springs.GetPointsAttr().Get(float(times[:2].mean()) * rate))
    middle = upright(recording.after.positions[:2].mean(axis=0), name)
    np.testing.assert_allclose(between, middle[recording.springs.ravel()], atol=1e-6)


@pytest.mark.parametrize(("name", "axis"), [("usd", "Z"), ("usdz", "Y")])
def test_a_stage_says_what_it_is(name, axis, tmp_path):
    recording = RECORDINGS["3D"]()
    stage = Usd.Stage.Open(str(written(recording, tmp_path, name)))
    assert UsdGeom.GetStageUpAxis(stage) == axis
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert stage.GetFramesPerSecond() == stage.GetTimeCodesPerSecond() == 5
    root = stage.GetDefaultPrim()
    assert root.GetCustomDataByKey("design") == "g000-i0000"
    assert root.GetCustomDataByKey("fitness") == pytest.approx(0.6)
    assert Usd.ModelAPI(root).GetKind() == "component"
    kinds = {str(prim.GetTypeName()) for prim in stage.Traverse()}
    assert {"Mesh", "BasisCurves", "Camera", "DistantLight", "DomeLight", "SphereLight", "Material"} <= kinds


@pytest.mark.parametrize("name", FORMATS)
def test_springs_have_the_colour_of_what_they_do(name, tmp_path):
    recording = strips.recording(frames=3)
    actuation = np.array([-1.0, 0.0, 1.0])[:, None] * (recording.swings > 0)
    recording = dataclasses.replace(recording, after=dataclasses.replace(recording.after, actuation=actuation))
    stage = Usd.Stage.Open(str(written(recording, tmp_path, name)))
    springs = UsdGeom.BasisCurves.Get(stage, "/World/robot/springs")
    assert len(springs.GetWidthsAttr().Get()) == 2 * len(recording.springs)
    muscles = recording.swings > 0
    for code, colour in ((0, (0xC8, 0x50, 0x0A)), (2, (0x1A, 0x63, 0xB0))):
        found = np.array(springs.GetDisplayColorAttr().Get(code))[muscles]
        np.testing.assert_allclose(found, np.broadcast_to(linear(colour), found.shape), atol=1e-6)


@pytest.mark.parametrize("name", FORMATS)
def test_cubes_face_outwards_and_say_what_their_muscles_do(name, tmp_path):
    recording = RECORDINGS["3D"]()
    stage = Usd.Stage.Open(str(written(recording, tmp_path, name)))
    body = UsdGeom.Mesh.Get(stage, "/World/robot/body")
    points = np.array(body.GetPointsAttr().Get(2))[np.array(body.GetFaceVertexIndicesAttr().Get()).reshape(-1, 4)]
    normals = np.array(body.GetNormalsAttr().Get(2))
    faces = np.cross(points[:, 2] - points[:, 0], points[:, 3] - points[:, 1])
    assert ((faces * normals).sum(axis=1) > 0).all()
    # A closed surface that looks outwards holds a positive volume.
    assert np.einsum("fa,fa->", points.mean(axis=1), faces) > 0
    colours = np.array([body.GetDisplayColorAttr().Get(code) for code in (0, 4)])
    assert colours.shape[1:] == (len(points), 3)
    assert np.abs(colours[1] - colours[0]).max() > 0.02


@pytest.mark.parametrize("name", FORMATS)
def test_the_camera_sees_the_robot_all_along(name, tmp_path):
    recording = RECORDINGS["3D"]()
    stage = Usd.Stage.Open(str(written(recording, tmp_path, name)))
    camera = UsdGeom.Camera.Get(stage, "/World/camera")
    for frame in (0, len(recording.after.times) - 1):
        code = float(recording.after.times[frame]) * stage.GetTimeCodesPerSecond()
        frustum = camera.GetCamera(code).frustum
        for point in upright(recording.after.positions[frame], name).tolist():
            assert frustum.Intersects(Gf.Vec3d(*point))


@pytest.mark.parametrize("name", FORMATS)
def test_a_frame_rate_is_that_of_the_stage(name, tmp_path):
    recording = strips.recording()
    stage = Usd.Stage.Open(str(written(recording, tmp_path, name, SceneSettings(frame_rate=10))))
    assert stage.GetTimeCodesPerSecond() == 10
    assert stage.GetEndTimeCode() == 20
    ends = np.array(UsdGeom.BasisCurves.Get(stage, "/World/robot/springs").GetPointsAttr().Get(10))
    expected = upright(recording.after.positions[20], name)[recording.springs.ravel()]
    np.testing.assert_allclose(ends, expected, atol=1e-6)


@pytest.mark.parametrize("name", [*FORMATS, "rrd"])
def test_a_missing_library_names_the_command_that_brings_it(name, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=rf"pip install 'codesign\[{EXPORTERS[name].extra}\]'"):
        EXPORTERS[name].require_installed()
