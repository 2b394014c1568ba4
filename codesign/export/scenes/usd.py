# pyright: reportAttributeAccessIssue=false
# (the library's modules say nothing of what is in them)
"""Scenes as USD: meshes and curves whose points have a value at every frame, in metres.

`usd` is one binary layer (.usdc) with z up, as in the simulation and most of robotics; `usdz` is the same with y up in
the archive that phones and browsers show, whose rules ask for that.
"""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.eye import SUN
from codesign.export.recording import Array, Gallery, Recording, Trajectory
from codesign.export.scenes import colours as paint
from codesign.export.scenes import mesh, shapes, stage
from codesign.export.scenes.facts import facts
from codesign.export.scenes.settings import SceneSettings
from codesign.export.scenes.space import Up, at_frame_rate, frame_rate, lifted, require_drawable

if TYPE_CHECKING:
    from pxr import Usd, UsdGeom

_DEFAULTS = SceneSettings()
_LONG_AGO = 315619200.0
"""2 January 1980: archives know no time before that year, whatever the time zone."""
_APERTURE = 24.0
"""Height of a camera's picture [mm]; the focal length follows from the field of view."""


def write_usd(gallery: Gallery, path: Path, settings: SceneSettings = _DEFAULTS) -> list[Path]:
    """Write a USD layer of each design, named as `Exporter.write` says, and return the files.

    Lengths are metres, the vertical is z, time codes are frames. It shows `Recording.after`.

    Raises:
        RecordingError: designs that have neither two nor three dimensions.
        OutputError: `path` cannot be written to.
    """
    _require_drawable(gallery)
    return each_design(lambda recording, each: _write(recording, each, settings, "z"), gallery, path)


def write_usdz(gallery: Gallery, path: Path, settings: SceneSettings = _DEFAULTS) -> list[Path]:
    """Write a USD archive of each design, as `write_usd` but with y up.

    Raises:
        RecordingError: designs that have neither two nor three dimensions.
        OutputError: `path` cannot be written to.
    """
    _require_drawable(gallery)
    return each_design(lambda recording, each: _write(recording, each, settings, "y"), gallery, path)


def _require_drawable(gallery: Gallery) -> None:
    for recording in gallery.recordings:
        require_drawable(recording)


def _write(recording: Recording, path: Path, settings: SceneSettings, up: Up) -> None:
    from pxr import Sdf, UsdUtils  # noqa: PLC0415 - an extra, and only who asks for USD loads it

    # The library goes by the ending of a name, and has no way to write to memory.
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "scene.usdc"
        scene = _Scene(recording, settings, up)  # a layer goes with the stage that it is the root of
        scene.stage.GetRootLayer().Export(str(layer))
        written = layer
        if up == "y":
            written = Path(folder) / "scene.usdz"
            # The archive says when its files were written; the same scene should be the same archive.
            os.utime(layer, (_LONG_AGO, _LONG_AGO))
            UsdUtils.CreateNewUsdzPackage(Sdf.AssetPath(str(layer)), str(written))
        files.write_bytes(path, written.read_bytes())


class _Scene:
    """A stage in the making.

    Attributes:
        stage: the stage, in memory.
    """

    def __init__(self, recording: Recording, settings: SceneSettings, up: Up) -> None:
        from pxr import Usd, UsdGeom  # noqa: PLC0415 - as above

        self.recording = recording
        self.up: Up = up
        self.motion: Trajectory = at_frame_rate(recording.after, settings.frame_rate)
        self.rate = frame_rate(self.motion.times)
        self.codes = np.round((self.motion.times - self.motion.times[0]) * self.rate, 3).tolist()
        self.stage: Usd.Stage = Usd.Stage.CreateInMemory()
        UsdGeom.SetStageUpAxis(self.stage, UsdGeom.Tokens.y if up == "y" else UsdGeom.Tokens.z)
        UsdGeom.SetStageMetersPerUnit(self.stage, 1.0)
        self.stage.SetTimeCodesPerSecond(self.rate)
        self.stage.SetFramesPerSecond(self.rate)
        self.stage.SetStartTimeCode(self.codes[0])
        self.stage.SetEndTimeCode(self.codes[-1])
        self._root()
        self.material = self._material()
        self._body()
        self._springs()
        self._masses()
        self._ground(settings)
        self._lights()
        self._lamp()
        for name, view in zip(("camera", "overview"), stage.views(recording), strict=True):
            self._camera(name, view, following=name == "camera")

    def _root(self) -> None:
        from pxr import Kind, Usd, UsdGeom  # noqa: PLC0415 - as above

        root = UsdGeom.Xform.Define(self.stage, "/World")
        self.stage.SetDefaultPrim(root.GetPrim())
        Usd.ModelAPI(root.GetPrim()).SetKind(Kind.Tokens.component)
        known = facts(self.recording, self.motion.times)
        root.GetPrim().SetDisplayName(self.recording.design)
        root.GetPrim().SetCustomData({key: value for key, value in known.items() if not isinstance(value, list)})
        root.GetPrim().SetCustomDataByKey("parents", ", ".join(self.recording.parents))
        self.stage.GetRootLayer().documentation = f"design {self.recording.design} of codesign"

    def _material(self) -> Any:
        """Add the one material, which takes the colours that things display."""
        from pxr import Sdf, UsdShade  # noqa: PLC0415 - as above

        material = UsdShade.Material.Define(self.stage, "/World/Looks/colours")
        shader = UsdShade.Shader.Define(self.stage, "/World/Looks/colours/surface")
        shader.CreateIdAttr("UsdPreviewSurface")
        reader = UsdShade.Shader.Define(self.stage, "/World/Looks/colours/displayColor")
        reader.CreateIdAttr("UsdPrimvarReader_float3")
        reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("displayColor")
        colour = reader.CreateOutput("result", Sdf.ValueTypeNames.Float3)
        shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).ConnectToSource(colour)
        shader.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(0.85)
        shader.CreateInput("metallic", Sdf.ValueTypeNames.Float).Set(0.0)
        material.CreateSurfaceOutput().ConnectToSource(shader.CreateOutput("surface", Sdf.ValueTypeNames.Token))
        return material

    def _coloured(self, shape: "UsdGeom.Gprim") -> None:
        from pxr import UsdShade  # noqa: PLC0415 - as above

        UsdShade.MaterialBindingAPI.Apply(shape.GetPrim()).Bind(self.material)

    def _by_frame(self, attribute: "Usd.Attribute", values: Array, kind: type) -> None:
        """Give an attribute a value at every frame, or one for all if they are equal; float values [frames, ...]."""
        values = np.ascontiguousarray(values, np.float32)
        if len(values) == 1 or np.array_equal(values, np.broadcast_to(values[:1], values.shape)):
            attribute.Set(kind.FromNumpy(values[0]))
            return
        for code, value in zip(self.codes, values, strict=True):
            attribute.Set(kind.FromNumpy(value), code)

    def _points(self, shape: "UsdGeom.PointBased", points: Array, thickness: float = 0.0) -> None:
        """Give a shape its points, float[frames, points, 3], and the box around them with room for a thickness."""
        from pxr import Vt  # noqa: PLC0415 - as above

        self._by_frame(shape.CreatePointsAttr(), points, Vt.Vec3fArray)
        low, high = points.min(axis=1) - thickness / 2, points.max(axis=1) + thickness / 2
        self._by_frame(shape.CreateExtentAttr(), np.stack([low, high], axis=1), Vt.Vec3fArray)

    def _colours(self, shape: "UsdGeom.Gprim", colours: Array, each: str) -> None:
        """Give a shape its colours, sRGB, float[frames, n, 3], one for each of what `each` says."""
        from pxr import Vt  # noqa: PLC0415 - as above

        primvar = shape.CreateDisplayColorPrimvar(each)
        self._by_frame(primvar.GetAttr(), paint.linear(colours), Vt.Vec3fArray)
        self._coloured(shape)

    def _normals(self, shape: "UsdGeom.Mesh", normals: Array, each: str) -> None:
        """Give a mesh its normals, float[frames, n, 3], one for each of what `each` says."""
        from pxr import Vt  # noqa: PLC0415 - as above

        self._by_frame(shape.CreateNormalsAttr(), normals, Vt.Vec3fArray)
        shape.SetNormalsInterpolation(each)

    def _mesh(self, path: str, sizes: Array, indices: Array, points: Array) -> "UsdGeom.Mesh":
        from pxr import UsdGeom, Vt  # noqa: PLC0415 - as above

        shape = UsdGeom.Mesh.Define(self.stage, path)
        shape.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
        shape.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(sizes, np.int32)))
        shape.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(indices.ravel(), np.int32)))
        self._points(shape, points)
        return shape

    def _body(self) -> None:
        """Add the surface of the cells."""
        recording = self.recording
        skin = mesh.surface(recording)
        if not len(skin.sizes):
            return
        both = np.stack([skin.masses, skin.depth], axis=1)
        _, first, index = np.unique(both, axis=0, return_index=True, return_inverse=True)
        corners = skin.corners(self.motion.positions, self.up)
        shape = self._mesh("/World/robot/body", skin.sizes, index.ravel(), corners[:, first])
        _, of_polygon = np.unique(skin.polygon_of_corner, return_index=True)
        self._normals(shape, skin.normals(corners)[:, of_polygon], "uniform")
        actuation = mesh.actuation_of_cells(recording, self.motion.actuation)
        cells = paint.actuated(*paint.cell_colours(recording), actuation)
        self._colours(shape, cells[:, skin.cells], "uniform")

    def _springs(self) -> None:
        """Add springs as curves: what shows as it is, and in three dimensions what lies in cells as a guide."""
        recording = self.recording
        shown = mesh.open_springs(recording)
        hidden = np.setdiff1d(np.arange(len(recording.springs)), shown)
        for name, springs, guide in (("springs", shown, False), ("inner_springs", hidden, True)):
            if len(springs):
                self._curves(f"/World/robot/{name}", springs, guide)

    def _curves(self, path: str, springs: Array, guide: bool) -> None:
        from pxr import UsdGeom, Vt  # noqa: PLC0415 - as above

        recording = self.recording
        curves = UsdGeom.BasisCurves.Define(self.stage, path)
        curves.CreateTypeAttr(UsdGeom.Tokens.linear)
        curves.CreateCurveVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(springs), 2, np.int32)))
        widths = 2 * mesh.spring_radii(recording)[springs]
        # One for each end, since Blender takes widths for those of points.
        curves.CreateWidthsAttr(Vt.FloatArray.FromNumpy(np.repeat(widths, 2).astype(np.float32)))
        curves.SetWidthsInterpolation(UsdGeom.Tokens.vertex)
        ends = lifted(self.motion.positions, self.up)[:, recording.springs[springs].ravel()]
        self._points(curves, ends, float(widths.max()))
        colours = paint.spring_colours(recording, self.motion.actuation)[:, springs]
        self._colours(curves, colours, "uniform")
        if guide:
            curves.CreatePurposeAttr(UsdGeom.Tokens.guide)

    def _masses(self) -> None:
        """Add the masses that show, as balls."""
        from pxr import UsdGeom, Vt  # noqa: PLC0415 - as above

        shown = mesh.open_masses(self.recording)
        if not len(shown):
            return
        width = 2 * mesh.mass_radius(self.recording)
        points = UsdGeom.Points.Define(self.stage, "/World/robot/masses")
        points.CreateWidthsAttr(Vt.FloatArray(len(shown), width))
        points.SetWidthsInterpolation(UsdGeom.Tokens.vertex)
        self._points(points, lifted(self.motion.positions, self.up)[:, shown], width)
        self._colours(points, paint.MASS[None, None], "constant")

    def _ground(self, settings: SceneSettings) -> None:
        ground = stage.ground_of(self.recording, settings.ground_margin)
        sizes = np.full(len(ground.quads), 4)
        shape = self._mesh("/World/ground", sizes, ground.quads, lifted(ground.points, self.up)[None])
        self._normals(shape, lifted(ground.normals, self.up)[None], "vertex")
        colours = np.where(ground.dark[:, None], paint.SOIL_DARK, paint.SOIL)
        self._colours(shape, colours[None], "uniform")

    def _lights(self) -> None:
        from pxr import UsdLux  # noqa: PLC0415 - as above

        sun = UsdLux.DistantLight.Define(self.stage, "/World/lights/sun")
        sun.CreateIntensityAttr(0.8)
        sun.CreateNormalizeAttr(True)
        sun.CreateAngleAttr(1.0)
        self._place(sun, np.zeros((1, 3)), stage.looking(stage.View(SUN, np.zeros(3))))
        sky = UsdLux.DomeLight.Define(self.stage, "/World/lights/sky")
        sky.CreateIntensityAttr(0.6)

    def _lamp(self) -> None:
        """Add the lamp that attracts a robot: a ball that shines on a pole."""
        from pxr import UsdLux  # noqa: PLC0415 - as above

        lamp = stage.lamp_of(self.recording)
        if lamp is None:
            return
        foot, place = lifted(lamp.foot, self.up), lifted(lamp.place, self.up)
        for name, shape, colour in (
            ("ball", shapes.ball(lamp.radius), paint.LAMP),
            ("pole", shapes.tube(foot, place, 0.12 * lamp.radius), paint.POLE),
        ):
            points = shape.points + (place if name == "ball" else 0)
            made = self._mesh(f"/World/lamp/{name}", np.full(len(shape.triangles), 3), shape.triangles, points[None])
            self._normals(made, shape.normals[None], "vertex")
            self._colours(made, colour[None, None], "constant")
        light = UsdLux.SphereLight.Define(self.stage, "/World/lamp/light")
        light.CreateRadiusAttr(1.01 * lamp.radius)
        light.CreateColorAttr(tuple(paint.linear(paint.LAMP).tolist()))
        light.CreateIntensityAttr(3.0)
        self._place(light, place[None], None)

    def _camera(self, name: str, view: stage.View, *, following: bool) -> None:
        """Add a camera, and let it go with the centre of mass if it is to follow."""
        from pxr import Gf, UsdGeom  # noqa: PLC0415 - as above

        camera = UsdGeom.Camera.Define(self.stage, f"/World/{name}")
        camera.CreateVerticalApertureAttr(_APERTURE)
        camera.CreateHorizontalApertureAttr(_APERTURE * 16 / 9)
        camera.CreateFocalLengthAttr(_APERTURE / 2 / float(np.tan(stage.FIELD_OF_VIEW / 2)))
        far = float(np.linalg.norm(view.eye - view.target))
        camera.CreateClippingRangeAttr(Gf.Vec2f(0.02 * far, 50 * far))
        camera.CreateFocusDistanceAttr(far)
        places = lifted(view.eye, self.up)[None]
        if following:
            centre = lifted(self.motion.positions, self.up).mean(axis=1)
            places = places + centre - centre[0]
        self._place(camera, places, stage.looking(view))

    def _place(self, thing: Any, places: Array, axes: Array | None) -> None:
        """Place something at float[frames, 3] and turn its axes to float[3, 3], which are given with z up."""
        from pxr import Gf, UsdGeom  # noqa: PLC0415 - as above

        xform = UsdGeom.Xformable(thing)
        turned = Gf.Matrix4d(1.0)
        if axes is not None:
            turned.SetRotateOnly(Gf.Matrix3d(*lifted(axes, self.up).ravel().tolist()))
        operation = xform.AddTransformOp()
        for code, place in zip(self.codes, places.tolist(), strict=False):
            matrix = Gf.Matrix4d(turned)
            matrix.SetTranslateOnly(Gf.Vec3d(*place))
            operation.Set(matrix, code) if len(places) > 1 else operation.Set(matrix)
