"""The published simulators' motion, as records of arrays."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.oracle import Ground, Lines, Nodes

FOLDER = Path(__file__).parent / "data"
PLANAR = ("flat_100", "flat_1000", "terrain_200")


@dataclass(frozen=True)
class Reference:
    """One robot of a file: what was simulated, and how it moved."""

    name: str
    physics: Any
    ground: Ground
    body: Any
    arrays: dict[str, np.ndarray]

    @property
    def weights(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Weights and biases of both layers."""
        return self.arrays["w1"], self.arrays["b1"], self.arrays["w2"], self.arrays["b2"]


def robots(name: str) -> list[Reference]:
    """Return the robots of a planar file, in order."""
    with np.load(FOLDER / f"{name}.npz") as data:
        meta = json.loads(str(data["meta"]))
        ground = Lines(meta["ground_height"])
        if "terrain_segments_x0_y0_len_slope_shift" in data:
            ground = Lines.of_segments(data["terrain_segments_x0_y0_len_slope_shift"], meta["ground_height"])
        physics = SimpleNamespace(**{key: meta[key] for key in ("dt", "steps", "gravity", "damping", "friction")})
        numbers = sorted({int(key[1:].split("_")[0]) for key in data.files if key[0] == "r" and key[1].isdigit()})
        found = []
        for number in numbers:
            prefix = f"r{number}_"
            arrays = {key.removeprefix(prefix): data[key] for key in data.files if key.startswith(prefix)}
            springs = arrays["springs"]
            body = SimpleNamespace(
                positions=arrays["points"],
                springs=springs[:, :2].astype(np.int32),
                rest_lengths=springs[:, 2],
                stiffness=springs[:, 3],
                swings=springs[:, 4],
            )
            found.append(Reference(f"{name}/{number}", physics, ground, body, arrays))
    return found


def voxel_robots() -> list[Reference]:
    """Return the robots of the 3D file, in order; `phase` of each spring says how it is moved."""
    with np.load(FOLDER / "voxel_terrain_150.npz") as data:
        meta = json.loads(str(data["meta"]))
        physics = SimpleNamespace(
            dt=meta["dt"],
            steps=meta["steps"],
            gravity=meta["gravity"],
            damping=meta["drag_damping"],
            friction=meta["friction"],
            grip=0.95,
            regularisation=meta["eps"],
            frequency=meta["spring_omega"],
        )
        found = []
        for number in range(sum(key.endswith("_cells") for key in data.files)):
            prefix = f"r{number}_"
            arrays = {key.removeprefix(prefix): data[key] for key in data.files if key.startswith(prefix)}
            spacing = np.full(2, meta["grid_max"] / (meta["grid_dim"] - 1))
            ground = Nodes(np.zeros(2), spacing, arrays["terrain"], meta["toi_iter"])
            body = SimpleNamespace(
                positions=arrays["points"],
                springs=arrays["springs"].astype(np.int32),
                rest_lengths=arrays["rest_length"],
                stiffness=np.full(len(arrays["springs"]), float(meta["spring_k"])),
                swings=meta["spring_a"] * arrays["amp"],
            )
            found.append(Reference(f"voxel_terrain_150/{number}", physics, ground, body, arrays))
    return found
