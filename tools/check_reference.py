"""Replay recorded motion of the published simulators and print how far this one is from it.

    python tools/check_reference.py tests/data/flat_100.npz tests/data/voxel_terrain_150.npz

Every robot is replayed in float64 and in float32. Each replay is one JSON line on the standard output:

    file, robot, precision   which one
    loss_error               absolute
    position_error           largest over the stored frames [m]
    gradient_error           largest error of a weight group, relative to the group's largest entry; for files with
                             directional derivatives, the largest relative error of one of them
    gradient_cosine          cosine of the angle between the two gradients (or vectors of directional derivatives)

For motion in 3D no gradients are recorded: the last two are null.

A file that cannot be replayed is one line on the standard error, and exit status 2.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign.body import Bodies, Body
from codesign.control import Mlp, OpenLoopSequence
from codesign.errors import CodesignError
from codesign.sim import Conditions, Execution, Physics, Simulator
from codesign.sim.kernels import Coulomb
from codesign.tasks import Flat, Heightfield, Light, Segments, Walk

PRECISIONS = ("float64", "float32")
GROUPS = ("w1", "b1", "w2", "b2")
SEGMENTS = "terrain_segments_x0_y0_len_slope_shift"
CONSTANTS = ("dt", "steps", "gravity", "damping", "friction")
VOXEL_CONSTANTS = {
    "dt": "dt",
    "steps": "steps",
    "gravity": "gravity",
    "drag_damping": "damping",
    "friction": "friction",
    "eps": "regularisation",
}
"""Constants of a 3D world by their names here; so far from zero springs are as long as they say."""
VOXEL_GRIP = 0.95
"""Largest share of the tangential speed that friction takes in 3D; the files do not repeat it."""
TOGETHER = 16  # robots replayed at a time: every one keeps its whole episode, a few MiB


class ReplayError(CodesignError):
    """A file that is not reference motion."""


@dataclass(frozen=True)
class Robot:
    """One robot of a file.

    Attributes:
        number: N of the file's keys rN_...
        arrays: by the rest of the key.
    """

    number: int
    arrays: dict[str, np.ndarray]

    @property
    def weights(self) -> np.ndarray:
        """All weights, one group after the other."""
        return np.concatenate([self.arrays[group].ravel() for group in GROUPS])

    def body(self) -> Body:
        """Return the body, its masses where the published simulator placed them."""
        springs = self.arrays["springs"]
        return Body(
            positions=self.arrays["points"],
            springs=springs[:, :2].astype(np.int32),
            rest_lengths=springs[:, 2],
            stiffness=springs[:, 3],
            swings=springs[:, 4],
        )


@dataclass(frozen=True)
class LeftOnFlat(Flat):
    """Level ground that leaves bodies where their positions say."""

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return the bodies' own positions."""
        return bodies.positions


@dataclass(frozen=True)
class LeftOnSegments(Segments):
    """Ground of segments that leaves bodies where their positions say."""

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return the bodies' own positions."""
        return bodies.positions


@dataclass(frozen=True)
class LeftOnHeightfield(Heightfield):
    """Ground on a grid that leaves bodies where their positions say."""

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return the bodies' own positions."""
        return bodies.positions


@dataclass(frozen=True)
class VoxelReference:
    """The content of a file in 3D: the constants of its world and the robots, each with a ground and a target."""

    path: Path
    meta: dict[str, Any]
    robots: list[Robot]

    def body(self, robot: Robot) -> Body:
        """Return a robot's body, its masses where the published simulator placed them."""
        springs = robot.arrays["springs"].astype(np.int32)
        return Body(
            positions=robot.arrays["points"],
            springs=springs,
            rest_lengths=robot.arrays["rest_length"],
            stiffness=np.full(len(springs), float(self.meta["spring_k"])),
            swings=np.full(len(springs), float(self.meta["spring_a"])),
        )

    def simulator(self, robot: Robot, execution: Execution) -> Simulator:
        """Return the simulator of one robot, loaded with the actuation that was recorded."""
        meta, arrays = self.meta, robot.arrays
        constants = {own: meta[name] for name, own in VOXEL_CONSTANTS.items()}
        physics = Physics(contact=Coulomb(friction=constants.pop("friction"), grip=VOXEL_GRIP), **constants)
        extent = float(meta["grid_max"])
        heights = tuple(map(tuple, arrays["terrain"].tolist()))
        ground = LeftOnHeightfield(heights=heights, low=(0.0, 0.0), size=(extent, extent), bisections=meta["toi_iter"])
        x, y = arrays["target"].tolist()
        conditions = [Conditions(ground, Light(target=(x, y)))]
        simulator = Simulator(Bodies.of([self.body(robot)]), physics, OpenLoopSequence(), conditions, execution)
        time = np.arange(physics.steps)[:, None] * physics.dt
        actuation = arrays["amp"] * np.sin(meta["spring_omega"] * time + arrays["phase"])
        # The controller takes the hyperbolic tangent of what it is given.
        simulator.load(np.arctanh(actuation).ravel())
        return simulator

    def replay(self, precision: str, device: str) -> Iterator[dict[str, Any]]:
        """Yield the record of every robot."""
        steps = self.meta["steps"]
        for robot in self.robots:
            simulator = self.simulator(robot, Execution(precision=precision, device=device, segment_steps=steps))
            simulator.forward()
            positions, _ = simulator.motion()
            frames = robot.arrays["x"]
            yield {
                "file": str(self.path),
                "robot": robot.number,
                "precision": precision,
                "loss_error": float(abs(simulator.loss.numpy()[0] - robot.arrays["loss"])),
                "position_error": float(np.abs(positions[:: steps // (len(frames) - 1)] - frames).max()),
                "gradient_error": None,
                "gradient_cosine": None,
            }


@dataclass(frozen=True)
class Reference:
    """The content of a planar file: the constants of its world, the ground and the robots."""

    path: Path
    meta: dict[str, Any]
    terrain: LeftOnFlat | LeftOnSegments
    robots: list[Robot]

    def simulator(self, robots: list[Robot], execution: Execution) -> Simulator:
        """Return robots of the file in one simulator, loaded with their weights."""
        constants = {name: self.meta[name] for name in CONSTANTS}
        physics = Physics(contact=Coulomb(friction=constants.pop("friction")), **constants)
        controller = Mlp(hidden=len(robots[0].arrays["b1"]), sines=self.meta["n_sin"], frequency=self.meta["omega"])
        bodies = Bodies.of([robot.body() for robot in robots])
        simulator = Simulator(bodies, physics, controller, [Conditions(self.terrain, Walk())], execution)
        simulator.load(np.concatenate([robot.weights for robot in robots]))
        return simulator


def read(path: Path) -> Reference | VoxelReference:
    """Read a file of reference motion.

    Raises:
        ReplayError: it is not there, or not such a file.
    """
    try:
        with np.load(path) as data:
            arrays = {key: data[key] for key in data.files}
        meta = json.loads(str(arrays["meta"]))
    except (OSError, ValueError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "not such a file"
        raise ReplayError(
            "an .npz file of reference motion", f"{path} ({reason})", "give one as in tests/data"
        ) from error
    numbers = sorted({int(key[1:].split("_")[0]) for key in arrays if key[0] == "r" and key[1:2].isdigit()})
    robots = [
        Robot(number, {key.split("_", 1)[1]: value for key, value in arrays.items() if key.startswith(f"r{number}_")})
        for number in numbers
    ]
    if any("points" in robot.arrays and robot.arrays["points"].shape[-1] == 3 for robot in robots):
        needed = ("points", "springs", "rest_length", "amp", "phase", "terrain", "target", "x", "loss")
        constants = (*VOXEL_CONSTANTS, "spring_omega", "spring_k", "spring_a", "grid_max", "toi_iter")
        _require_keys(path, robots, needed, meta, constants)
        return VoxelReference(path, meta, robots)
    keys = ("points", "springs", "x", "loss", *GROUPS)
    _require_keys(path, robots, keys, meta, (*CONSTANTS, "ground_height", "n_sin", "omega"))
    return Reference(path, meta, _terrain(arrays, meta), robots)


def _require_keys(
    path: Path, robots: list[Robot], keys: tuple[str, ...], meta: dict[str, Any], constants: tuple[str, ...]
) -> None:
    missing = [key for key in keys if not robots or any(key not in robot.arrays for robot in robots)]
    missing += [key for key in constants if key not in meta]
    if missing:
        got = f"{path} (without {', '.join(missing)})"
        raise ReplayError("a reference file of robots and their control", got, "give one as in tests/data")


def replay(reference: Reference | VoxelReference, precision: str, device: str) -> Iterator[dict[str, Any]]:
    """Yield the record of every robot of a file.

    Raises:
        ReplayError: arrays of the file are missing or do not fit together.
    """
    try:
        if isinstance(reference, VoxelReference):
            yield from reference.replay(precision, device)
            return
        for start in range(0, len(reference.robots), TOGETHER):
            yield from _replay_together(reference, reference.robots[start : start + TOGETHER], precision, device)
    except (KeyError, IndexError, ValueError) as error:
        reason = f"{reference.path} ({type(error).__name__}: {error})"
        raise ReplayError("arrays that fit together", reason, "give a file as in tests/data") from error


def _replay_together(
    reference: Reference, robots: list[Robot], precision: str, device: str
) -> Iterator[dict[str, Any]]:
    steps = reference.meta["steps"]
    # Positions are kept for one segment only; loss and gradient come from segments as they are used for work.
    whole = reference.simulator(robots, Execution(precision=precision, device=device, segment_steps=steps))
    whole.forward()
    positions, _ = whole.motion()
    simulator = reference.simulator(robots, Execution(precision=precision, device=device))
    simulator.forward()
    simulator.reverse()
    losses, gradients = simulator.loss.numpy(), simulator.weights(simulator.gradient)
    for index, robot in enumerate(robots):
        own = slice(simulator.bodies.mass_start[index], simulator.bodies.mass_start[index + 1])
        frames = robot.arrays["x"]
        every = steps // (len(frames) - 1)
        gradient = gradients[simulator.weight_start[index] : simulator.weight_start[index + 1]]
        error, cosine = compare_gradient(robot, gradient)
        yield {
            "file": str(reference.path),
            "robot": robot.number,
            "precision": precision,
            "loss_error": float(abs(losses[index] - robot.arrays["loss"])),
            "position_error": float(np.abs(positions[::every, own] - frames).max()),
            "gradient_error": error,
            "gradient_cosine": cosine,
        }


def compare_gradient(robot: Robot, gradient: np.ndarray) -> tuple[float, float]:
    """Return the relative error of a gradient or of its directional derivatives, and the cosine of both gradients."""
    stops = np.cumsum([robot.arrays[group].size for group in GROUPS])
    found = dict(zip(GROUPS, np.split(gradient, stops[:-1]), strict=True))
    if "directional_derivatives" in robot.arrays:
        directions = robot.arrays["w2_directions"].reshape(-1, found["w2"].size)
        one, other = directions @ found["w2"], robot.arrays["directional_derivatives"]
        error = float((np.abs(one - other) / np.abs(other)).max())
    else:
        recorded = {group: robot.arrays[f"g_{group}"].ravel() for group in GROUPS}
        errors = [np.abs(found[group] - recorded[group]).max() / np.abs(recorded[group]).max() for group in GROUPS]
        error = float(max(errors))
        one, other = gradient, np.concatenate(list(recorded.values()))
    return error, float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _terrain(arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> LeftOnFlat | LeftOnSegments:
    if SEGMENTS not in arrays:
        return LeftOnFlat(ground_height=meta["ground_height"])
    rows = arrays[SEGMENTS]
    x, y, length, slope, _ = rows.T
    ends = np.append(x, x[-1] + length[-1]), np.append(y, y[-1] + slope[-1] * length[-1])
    return LeftOnSegments(corners=tuple(np.stack(ends, axis=1).ravel().tolist()))


def main() -> int:
    """Replay the files of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="reference motion, as in tests/data")
    parser.add_argument("--device", default="auto", help='"auto", "cpu" or "cuda:0"')
    arguments = parser.parse_args()
    status = 0
    for path in arguments.files:
        try:
            reference = read(path)
            for precision in PRECISIONS:
                for record in replay(reference, precision, arguments.device):
                    print(json.dumps(record), flush=True)
        except CodesignError as error:
            print(f"check_reference: {error}", file=sys.stderr)
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main())
