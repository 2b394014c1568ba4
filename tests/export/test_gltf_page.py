"""The page that shows scenes to the tests: it must tell a scene that moves from one that does not."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.export.browsing import needs_chromium
from tests.export.gltf_page import glb_facts, glb_picture, glb_vertices, open_glb

pytestmark = needs_chromium

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4")
RISE = np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0]], "<f4")
RED, BLUE = np.tile([[1, 0, 0]], (4, 1)).astype("<f4"), np.tile([[-1, 0, 1]], (4, 1)).astype("<f4")


def write_glb(path: Path) -> Path:
    """A red square that grows to twice its height and turns blue within two seconds, by one morph target."""
    blocks = [
        (SQUARE, 5126, "VEC3"), (RED, 5126, "VEC3"), (RISE, 5126, "VEC3"), (BLUE, 5126, "VEC3"),
        (np.array([0, 1, 2, 0, 2, 3], "<u2"), 5123, "SCALAR"),
        (np.array([0, 2], "<f4"), 5126, "SCALAR"), (np.array([0, 1], "<f4"), 5126, "SCALAR"),
    ]  # fmt: skip
    data, views, accessors = b"", [], []
    for array, kind, shape in blocks:
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": array.nbytes})
        bounds = {"min": np.atleast_1d(array.min(axis=0)).tolist(), "max": np.atleast_1d(array.max(axis=0)).tolist()}
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": kind, "count": len(array), "type": shape} | bounds
        )
        data += array.tobytes() + b"\0" * (-array.nbytes % 4)
    primitive = {
        "attributes": {"POSITION": 0, "COLOR_0": 1}, "targets": [{"POSITION": 2, "COLOR_0": 3}], "indices": 4,
    }  # fmt: skip
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "square", "translation": [0, 0, 3]}],
        "meshes": [{"primitives": [primitive], "weights": [0]}],
        "animations": [
            {
                "name": "growing",
                "samplers": [{"input": 5, "output": 6}],
                "channels": [{"sampler": 0, "target": {"node": 0, "path": "weights"}}],
            }
        ],
        "buffers": [{"byteLength": len(data)}],
        "bufferViews": views,
        "accessors": accessors,
    }
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    return path


def test_a_morph_plays_at_the_time_that_is_asked_for(browser, tmp_path):
    pytest.importorskip("trimesh")
    page = open_glb(browser, write_glb(tmp_path / "square.glb"))
    facts = glb_facts(page)
    assert facts["animations"] == [{"name": "growing", "duration": 2, "tracks": 1}]
    assert facts["meshes"] == [{"name": "square", "type": "Mesh", "vertices": 4, "morphs": 1}]
    for time, grown in ((0, 0.0), (1, 0.5), (2, 1.0), (0.5, 0.25)):
        np.testing.assert_allclose(glb_vertices(page, time)["square"], SQUARE + RISE * grown + [0, 0, 3], atol=1e-6)
    start, end = glb_picture(page, 0).astype(int), glb_picture(page, 2).astype(int)
    red, blue = ((each[..., 0] - each[..., 2]) for each in (start, end))
    assert (red > 100).sum() > 5000
    assert (blue < -100).sum() > 5000
    page.context.close()


def test_a_file_that_is_no_scene_fails(browser, tmp_path):
    pytest.importorskip("trimesh")
    broken = tmp_path / "broken.glb"
    broken.write_bytes(b"glTF\2" + b"\0" * 40)
    with pytest.raises(AssertionError, match="JSON"):
        open_glb(browser, broken)
