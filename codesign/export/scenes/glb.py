"""Animated glTF: a body that is bound to joints at its masses and takes the colour of what its muscles do.

Cells and springs have two morph targets, `contract` and `expand`, which change colours alone; their weights are the
actuation. Positions are no targets, one for each frame, because a target is a uniform of the shader, of which phones
have room for about 200, and because joints take a tenth of the bytes. The skins hang below the node `robot`, which
moves with the centre of mass: three.js bounds a skin once, and would leave out a robot that has walked away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.eye import SUN
from codesign.export.recording import Array, Gallery, Recording
from codesign.export.scenes import colours as paint
from codesign.export.scenes import mesh, shapes, stage
from codesign.export.scenes.facts import facts
from codesign.export.scenes.glb_file import GlbFile, Json
from codesign.export.scenes.rig import Rig, rig_of
from codesign.export.scenes.settings import SceneSettings
from codesign.export.scenes.space import at_frame_rate, lifted, require_drawable

_DEFAULTS = SceneSettings()


def write_glb(gallery: Gallery, path: Path, settings: SceneSettings = _DEFAULTS) -> list[Path]:
    """Write an animated glTF file of each design, named as `Exporter.write` says, and return the files.

    Lengths are metres, times seconds, the vertical is y. It shows `Recording.after`.

    Raises:
        RecordingError: designs that have neither two nor three dimensions.
        OutputError: `path` cannot be written to.
    """
    for recording in gallery.recordings:
        require_drawable(recording)
    return each_design(lambda recording, each: files.write_bytes(each, glb(recording, settings)), gallery, path)


def glb(recording: Recording, settings: SceneSettings) -> bytes:
    """Return a design as the bytes of a glTF file."""
    return _Scene(recording, settings).data()


@dataclass(frozen=True, eq=False)
class _Part:
    """A mesh whose vertices follow masses.

    Attributes:
        name: of its node.
        shape: vertices in the world frame of the first frame, y up.
        masses: int[vertices], the mass that each vertex is bound to.
        colours: float64[3] or float64[vertices, 3], sRGB.
        actuated: colours contracted and expanded, and the actuation float[frames]; None for what has no muscle.
        extras: facts about it.
    """

    name: str
    shape: shapes.Shape
    masses: Array
    colours: Array
    actuated: tuple[Array, Array, Array] | None
    extras: Json


class _Scene:
    """A file in the making."""

    def __init__(self, recording: Recording, settings: SceneSettings) -> None:
        self.recording = recording
        self.settings = settings
        self.motion = at_frame_rate(recording.after, settings.frame_rate)
        self.rig: Rig = rig_of(recording, self.motion)
        self.file = GlbFile()
        self.samplers: list[Json] = []
        self.channels: list[Json] = []
        self.input: int | None = None

    def data(self) -> bytes:
        """Return the whole file."""
        file, recording = self.file, self.recording
        file.document["asset"] |= {"generator": "codesign", "extras": facts(recording, self.motion.times)}
        self.body_material = self._material("body", None)
        joints = self._joints()
        parts = [self._skinned(part, joints) for part in self._parts()]
        close, wide = stage.views(recording)
        following = self._camera("camera", close, self.rig.centre[0])
        robot = {"name": "robot", "children": [*joints, *parts, following], "translation": self.rig.centre[0].tolist()}
        nodes = [file.add("nodes", robot | {"extras": facts(recording, self.motion.times)})]
        self._animate(nodes[0], "translation", self.rig.centre)
        nodes += [self._ground(), *self._lights(), *self._lamp(), self._camera("overview", wide, np.zeros(3))]
        if self.channels:
            file.add("animations", {"name": "motion", "samplers": self.samplers, "channels": self.channels})
        file.document |= {"scene": 0, "scenes": [{"name": recording.design, "nodes": nodes}]}
        return file.data()

    def _animate(self, node: int, what: str, values: Array) -> None:
        if len(self.rig.times) < 2:
            return
        if self.input is None:
            self.input = self.file.numbers(self.rig.times)
        sampler = {"input": self.input, "output": self.file.numbers(values), "interpolation": "LINEAR"}
        self.channels.append({"sampler": len(self.samplers), "target": {"node": node, "path": what}})
        self.samplers.append(sampler)

    def _joints(self) -> list[int]:
        """Add a node for each mass, with a ball where the mass shows."""
        ball = None
        shown = mesh.open_masses(self.recording)
        if len(shown):
            material = self._material("masses", paint.MASS)
            ball = self._mesh("mass", shapes.ball(mesh.mass_radius(self.recording)), material)
        nodes = []
        for mass in range(self.recording.masses):
            place = self.rig.places[0, mass].tolist()
            item = {"name": f"mass {mass}", "translation": place}
            node = self.file.add("nodes", item | ({"mesh": ball} if mass in shown else {}))
            self._animate(node, "translation", self.rig.places[:, mass])
            self._animate(node, "rotation", self.rig.turns[:, mass])
            nodes.append(node)
        return nodes

    def _parts(self) -> list[_Part]:
        """Return cells and springs."""
        recording = self.recording
        skin = mesh.surface(recording)
        corners = skin.corners(recording.after.positions[0], "y")
        normals, triangles = skin.normals(corners), skin.triangles()
        rest, *full = paint.cell_colours(recording)
        cell_of_corner = skin.cells[skin.polygon_of_corner]
        if recording.dim == 2:
            shape = shapes.Shape(corners, normals, triangles)
            plates = [_Part("cells", shape, skin.masses, rest[cell_of_corner], None, {})] if len(triangles) else []
            return plates + self._springs()
        actuation = mesh.actuation_of_cells(recording, self.motion.actuation)
        muscular = np.flatnonzero(mesh.muscles_of_cells(recording).any(axis=0))
        parts = []
        for cell in np.unique(skin.cells).tolist():
            chosen = np.flatnonzero(cell_of_corner == cell)
            inside = np.isin(triangles, chosen).all(axis=1)
            shape = shapes.Shape(corners[chosen], normals[chosen], np.searchsorted(chosen, triangles[inside]))
            moves = (full[0][cell], full[1][cell], actuation[:, cell]) if cell in muscular else None
            extras = {"material": _material_name(recording, cell)}
            parts.append(_Part(f"cell {cell}", shape, skin.masses[chosen], rest[cell], moves, extras))
        return parts + self._springs()

    def _springs(self) -> list[_Part]:
        """Return each muscle, and all passive springs as one, as far as they show."""
        recording = self.recording
        points = lifted(recording.after.positions[0], "y")
        radii = mesh.spring_radii(recording)
        parts, passive = [], []
        for spring in mesh.open_springs(recording).tolist():
            ends = recording.springs[spring]
            shape = shapes.tube(points[ends[0]], points[ends[1]], float(radii[spring]))
            masses = np.repeat(ends, len(shape.points) // 2)
            if recording.swings[spring] > 0:
                moves = (paint.CONTRACTED, paint.EXPANDED, self.motion.actuation[:, spring].astype(np.float64))
                extras = {"spring": spring, "swing": float(recording.swings[spring])}
                parts.append(_Part(f"muscle {spring}", shape, masses, paint.NEUTRAL, moves, extras))
            else:
                passive.append((shape, masses))
        if passive:
            shape = shapes.joined([each for each, _ in passive])
            masses = np.concatenate([each for _, each in passive])
            parts.insert(0, _Part("passive springs", shape, masses, paint.PASSIVE, None, {}))
        return parts

    def _skinned(self, part: _Part, joints: Sequence[int]) -> int:
        """Add a part that follows joints, and what its muscles do."""
        file = self.file
        used, joint = np.unique(part.masses, return_inverse=True)
        binding = np.tile(np.eye(4), (len(used), 1, 1))
        binding[:, 3, :3] = -self.rig.places[0, used]
        skin: Json = {"joints": [joints[mass] for mass in used.tolist()]}
        skin["inverseBindMatrices"] = file.numbers(binding)
        count = len(part.masses)
        followed, weights = np.zeros((count, 4)), np.zeros((count, 4))
        followed[:, 0], weights[:, 0] = joint.ravel(), 1
        colours = np.broadcast_to(paint.linear(part.colours), (count, 3))
        attributes = {
            "COLOR_0": file.vertices(colours),
            "JOINTS_0": file.vertices(followed, np.uint8 if len(used) <= 256 else np.uint16),
            "WEIGHTS_0": file.vertices(weights),
        }
        moved = shapes.Shape(part.shape.points - self.rig.centre[0], part.shape.normals, part.shape.triangles)
        primitive = self._primitive(moved, self.body_material)
        primitive["attributes"] |= attributes
        item: Json = {"name": part.name, "primitives": [primitive]}
        if part.actuated is not None:
            targets = [paint.linear(each) - paint.linear(part.colours) for each in part.actuated[:2]]
            # three.js compiles no shader for targets that move nothing.
            still = file.zeros(count)
            primitive["targets"] = [
                {"POSITION": still, "COLOR_0": file.vertices(np.broadcast_to(each, (count, 3)))} for each in targets
            ]
            first = np.clip(part.actuated[2][0], -1, 1)
            item |= {"weights": [max(-first, 0.0), max(first, 0.0)], "extras": {"targetNames": ["contract", "expand"]}}
        node: Json = {"name": part.name, "mesh": file.add("meshes", item), "skin": file.add("skins", skin)}
        index = file.add("nodes", node | ({"extras": part.extras} if part.extras else {}))
        if part.actuated is not None:
            value = np.clip(part.actuated[2], -1, 1)
            self._animate(index, "weights", np.stack([np.maximum(-value, 0), np.maximum(value, 0)], axis=1).ravel())
        return index

    def _primitive(self, shape: shapes.Shape, material: int) -> dict[str, Any]:
        attributes = {"POSITION": self.file.vertices(shape.points), "NORMAL": self.file.vertices(shape.normals)}
        return {"attributes": attributes, "indices": self.file.indices(shape.triangles), "material": material}

    def _mesh(self, name: str, shape: shapes.Shape, material: int) -> int:
        return self.file.add("meshes", {"name": name, "primitives": [self._primitive(shape, material)]})

    def _material(self, name: str, colour: Array | None, glow: float = 0.0) -> int:
        """Add a material of a colour, or of that of the vertices for None."""
        base = [1.0, 1.0, 1.0, 1.0] if colour is None else [*paint.linear(colour).tolist(), 1.0]
        surface = {"baseColorFactor": base, "metallicFactor": 0.0, "roughnessFactor": 0.85}
        item: Json = {"name": name, "pbrMetallicRoughness": surface}
        if glow and colour is not None:
            item["emissiveFactor"] = (glow * paint.linear(colour)).tolist()
        return self.file.add("materials", item)

    def _ground(self) -> int:
        ground = stage.ground_of(self.recording, self.settings.ground_margin)
        attributes = {
            "POSITION": self.file.vertices(lifted(ground.points, "y")),
            "NORMAL": self.file.vertices(lifted(ground.normals, "y")),
        }
        primitives = []
        for name, colour, dark in (("soil", paint.SOIL, False), ("dark soil", paint.SOIL_DARK, True)):
            quads = ground.quads[ground.dark == dark]
            if len(quads):
                triangles = quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
                used = {"attributes": attributes, "indices": self.file.indices(triangles)}
                primitives.append(used | {"material": self._material(name, colour)})
        item = {"name": "ground", "primitives": primitives, "extras": {"tile_m": ground.tile}}
        return self.file.add("nodes", {"name": "ground", "mesh": self.file.add("meshes", item)})

    def _lamp(self) -> list[int]:
        """Add the lamp that attracts a robot: a ball that shines on a pole."""
        lamp = stage.lamp_of(self.recording)
        if lamp is None:
            return []
        foot, place = lifted(lamp.foot, "y"), lifted(lamp.place, "y")
        pole = shapes.tube(foot, place, 0.12 * lamp.radius)
        parts = {
            "lamp": self._mesh("lamp", shapes.ball(lamp.radius), self._material("lamp", paint.LAMP, 1.0)),
            "pole": self._mesh("pole", pole, self._material("pole", paint.POLE)),
        }
        size = stage.extent(self.recording)[2]
        light = {"type": "point", "name": "lamp", "color": paint.linear(paint.LAMP).tolist(), "intensity": size**2}
        lit = {"name": "lamp", "mesh": parts["lamp"], "translation": place.tolist()} | self._light(light)
        return [self.file.add("nodes", lit), self.file.add("nodes", {"name": "pole", "mesh": parts["pole"]})]

    def _light(self, light: Json) -> Json:
        """Add a light and return what its node has of it."""
        name = "KHR_lights_punctual"
        document = self.file.document
        document["extensionsUsed"] = [name]
        lights = document.setdefault("extensions", {}).setdefault(name, {"lights": []})["lights"]
        lights.append(light)
        return {"extensions": {name: {"light": len(lights) - 1}}}

    def _lights(self) -> list[int]:
        nodes = []
        for name, direction, strength in (("sun", SUN, 3.0), ("fill", stage.FILL, 1.4)):
            light = {"type": "directional", "name": name, "color": [1.0, 1.0, 1.0], "intensity": strength}
            turned = _turned(stage.looking(stage.View(direction, np.zeros(3))))
            nodes.append(self.file.add("nodes", {"name": name, "rotation": turned} | self._light(light)))
        return nodes

    def _camera(self, name: str, view: stage.View, origin: Array) -> int:
        """Add a camera whose node hangs below one at `origin`."""
        far = float(np.linalg.norm(view.eye - view.target))
        lens = {"yfov": stage.FIELD_OF_VIEW, "znear": 0.02 * far, "zfar": 50 * far}
        camera = self.file.add("cameras", {"name": name, "type": "perspective", "perspective": lens})
        place = (lifted(view.eye, "y") - origin).tolist()
        turned = _turned(stage.looking(view))
        return self.file.add("nodes", {"name": name, "camera": camera, "translation": place, "rotation": turned})


def _turned(axes: Array) -> list[float]:
    """Return the quaternion (x, y, z, w) of a node whose x, y and z are axes with z up, float[3, 3]."""
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 - only who asks for a scene loads SciPy

    return Rotation.from_matrix(lifted(axes, "y").T).as_quat().tolist()


def _material_name(recording: Recording, cell: int) -> str:
    number = int(recording.materials[cell])
    return recording.material_names[number] if number < len(recording.material_names) else str(number)
