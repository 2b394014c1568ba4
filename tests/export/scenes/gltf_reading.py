"""A reader of .glb files that knows nothing of the writer: numbers by accessor, and what a viewer makes of them."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """The file's JSON as `document` and its buffer as `buffer`."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        assert length % 4 == 0
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        assert size % 4 == 0
        self.document: dict[str, Any] = json.loads(data[20 : 20 + size])
        rest, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0"
        self.buffer = data[28 + size :]
        assert rest == len(self.buffer) == self.document["buffers"][0]["byteLength"]

    def numbers(self, accessor: int) -> np.ndarray:
        """Return the numbers of an accessor, [count] or [count, width]."""
        item = self.document["accessors"][accessor]
        width = WIDTHS[item["type"]]
        if "bufferView" not in item:
            found = np.zeros((item["count"], width))
        else:
            view = self.document["bufferViews"][item["bufferView"]]
            kind = np.dtype(COMPONENTS[item["componentType"]])
            flat = np.frombuffer(self.buffer, kind, item["count"] * width, view["byteOffset"])
            found = flat.reshape(item["count"], width)
        return found[:, 0] if width == 1 else found

    def node(self, name: str) -> int:
        """Return the index of a node."""
        (index,) = (number for number, node in enumerate(self.document["nodes"]) if node.get("name") == name)
        return index

    def at(self, node: int, path: str, time: float, rest: Any) -> np.ndarray:
        """Return translation, rotation or weights of a node at a time, or what it has without animation."""
        for animation in self.document.get("animations", ()):
            for channel in animation["channels"]:
                if channel["target"] == {"node": node, "path": path}:
                    sampler = animation["samplers"][channel["sampler"]]
                    assert sampler["interpolation"] == "LINEAR"
                    times, values = self.numbers(sampler["input"]), self.numbers(sampler["output"])
                    values = values.reshape(len(times), -1)
                    return np.array([np.interp(time, times, column) for column in values.T])
        return np.asarray(self.document["nodes"][node].get(path, rest), float)

    def matrix(self, node: int, time: float) -> np.ndarray:
        """Return where a node is in the world at a time, float64[4, 4]."""
        local = np.eye(4)
        x, y, z, w = quaternion = self.at(node, "rotation", time, (0, 0, 0, 1))
        assert abs(np.linalg.norm(quaternion) - 1) < 1e-3
        local[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
        local[:3, 3] = self.at(node, "translation", time, (0, 0, 0))
        above = [number for number, each in enumerate(self.document["nodes"]) if node in each.get("children", ())]
        return self.matrix(above[0], time) @ local if above else local

    def vertices(self, node: int, time: float) -> np.ndarray:
        """Return the vertices of a node's mesh in the world at a time, float64[vertices, 3], after its skin."""
        item = self.document["nodes"][node]
        (primitive,) = self.document["meshes"][item["mesh"]]["primitives"]
        points = self.numbers(primitive["attributes"]["POSITION"]).astype(float)
        points = np.append(points, np.ones((len(points), 1)), axis=1)
        if "skin" not in item:
            return (points @ self.matrix(node, time).T)[:, :3]
        skin = self.document["skins"][item["skin"]]
        binding = self.numbers(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = np.array([self.matrix(joint, time) for joint in skin["joints"]]) @ binding
        weights = self.numbers(primitive["attributes"]["WEIGHTS_0"])
        of_vertices = joints[self.numbers(primitive["attributes"]["JOINTS_0"])]
        return np.einsum("vj,vjab,vb->va", weights, of_vertices, points)[:, :3]

    def colours(self, node: int, time: float) -> np.ndarray:
        """Return the linear colours of a node's vertices at a time, after its morph targets."""
        item = self.document["nodes"][node]
        mesh = self.document["meshes"][item["mesh"]]
        (primitive,) = mesh["primitives"]
        colours = self.numbers(primitive["attributes"]["COLOR_0"]).astype(float)
        weights = self.at(node, "weights", time, mesh.get("weights", ()))
        for weight, target in zip(weights, primitive.get("targets", ()), strict=True):
            colours = colours + weight * self.numbers(target["COLOR_0"])
        return colours
