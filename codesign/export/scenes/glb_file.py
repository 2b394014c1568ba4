"""Binary glTF 2.0 files: numbers into one buffer, and the JSON that says what they are."""

import json
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.export.recording import Array

_COMPONENTS = {"float32": 5126, "uint8": 5121, "uint16": 5123, "uint32": 5125}
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
VERTICES, INDICES = 34962, 34963
"""What a part of the buffer is for."""

Json = dict[str, Any]


class GlbFile:
    """A glTF file that is being put together.

    Attributes:
        document: the JSON; lists are filled by `add`.
    """

    def __init__(self) -> None:
        self.document: Json = {"asset": {"version": "2.0"}}
        self._parts: list[bytes] = []
        self._size = 0
        self._zeros: dict[int, int] = {}

    def add(self, kind: str, item: Json) -> int:
        """Put an item into the list of its kind ("nodes", "meshes", ...) and return its index there."""
        found = self.document.setdefault(kind, [])
        found.append(item)
        return len(found) - 1

    def numbers(self, values: Array, dtype: npt.DTypeLike = np.float32, target: int | None = None) -> int:
        """Put numbers into the buffer and return the index of their accessor.

        Args:
            values: shape [count], [count, 2 to 4], or [count, 4, 4] by columns.
            dtype: float32, uint8, uint16 or uint32.
            target: VERTICES or INDICES; None for what is no attribute of vertices.
        """
        values = np.ascontiguousarray(values, dtype)
        view: Json = {"buffer": 0, "byteOffset": self._size, "byteLength": values.nbytes}
        if target is not None:
            view["target"] = target
        data = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
        # Every part begins at a multiple of four bytes, as accessors and matrices must.
        self._parts.append(data + bytes(-len(data) % 4))
        self._size += len(self._parts[-1])
        accessor: Json = {
            "bufferView": self.add("bufferViews", view),
            "componentType": _COMPONENTS[values.dtype.name],
            "count": len(values),
            "type": _SHAPES[values.shape[1:]],
        }
        if values.ndim <= 2:
            flat = values.reshape(len(values), -1)
            accessor |= {"min": flat.min(axis=0).tolist(), "max": flat.max(axis=0).tolist()}
        return self.add("accessors", accessor)

    def vertices(self, values: Array, dtype: npt.DTypeLike = np.float32) -> int:
        """Put an attribute of vertices into the buffer and return the index of its accessor."""
        return self.numbers(values, dtype, VERTICES)

    def zeros(self, count: int) -> int:
        """Return the index of an accessor of so many vectors of zeros, one for all who ask for as many."""
        if count not in self._zeros:
            self._zeros[count] = self.vertices(np.zeros((count, 3)))
        return self._zeros[count]

    def indices(self, triangles: Array) -> int:
        """Put the vertices of triangles, int[triangles, 3], into the buffer and return the index of the accessor."""
        # The largest number of a type is not allowed, since it restarts primitives.
        dtype = np.uint16 if triangles.max(initial=0) < 65535 else np.uint32
        return self.numbers(triangles.ravel(), dtype, INDICES)

    def data(self) -> bytes:
        """Return the whole file."""
        document = self.document | {"buffers": [{"byteLength": self._size}]}
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode("utf-8")
        text += b" " * (-len(text) % 4)
        chunks = [(b"JSON", text), (b"BIN\0", b"".join(self._parts))]
        body = b"".join(struct.pack("<I4s", len(data), kind) + data for kind, data in chunks)
        return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
