"""Robots in MuJoCo: the model that the exporter `mjcf` writes, driven step by step."""

import importlib.util
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from codesign.errors import ConfigError
from codesign.export import Recording, mjcf_text
from codesign.transfer.arrays import Array
from codesign.transfer.changes import mechanics_of
from codesign.transfer.episodes import Asked, Drive, Episode, exploded
from codesign.transfer.forces import force_of


def require_mujoco() -> None:
    """Check that MuJoCo is installed, without loading it.

    Raises:
        ConfigError: it is not.
    """
    if importlib.util.find_spec("mujoco") is None:
        raise ConfigError("the package mujoco for another simulator's opinion", "none", _INSTALL)


_INSTALL = "pip install 'codesign[mujoco]'"


def simulate_mujoco(recording: Recording, drive: Drive, substeps: int = 1) -> Episode:
    """Return what a robot does in MuJoCo.

    Args:
        recording: the robot as recorded at every step.
        drive: what moves its muscles.
        substeps: into how many steps of MuJoCo's a step of the recording is cut.

    Raises:
        ConfigError: MuJoCo is not installed, or the recording has a force or contact that is not known here.
        RecordingError: the recording does not say how it was simulated, or not at every step.
    """
    mechanics, frames = mechanics_of(recording), len(recording.after.times)
    mass = mechanics.mass * recording.point_masses.astype(np.float64)
    dt = mechanics.dt / substeps
    forces = force_of(recording, mechanics)
    mujoco = _library()
    model = mujoco.MjModel.from_xml_string(mjcf_text(replace(recording, mechanics=replace(mechanics, dt=dt))))
    data = mujoco.MjData(model)
    muscles, asked = np.flatnonzero(recording.swings > 0.0), Asked(recording, [drive])
    start = recording.after.positions[0].astype(np.float64)
    pushed_at = round(mechanics.push_time / mechanics.dt)
    positions = [start]
    x, v = start, np.zeros_like(start)
    with _silent(mujoco):
        for step in range(frames - 1):
            data.ctrl[:] = recording.delivered(asked.at(step, x[None], v[None])[0])[muscles]
            for part in range(substeps):
                applied = np.zeros_like(start)
                if forces is not None:
                    x, v = _state(start, data)
                    applied = forces(step * mechanics.dt + part * dt, dt / mass, x, v)
                if mechanics.push and step == pushed_at and part == 0:
                    applied = applied + mass[:, None] / dt * np.array(mechanics.push)
                data.qfrc_applied[:] = applied.ravel()
                mujoco.mj_step(model, data)
            x, v = _state(start, data)
            if exploded(x[None])[0]:
                break
            positions.append(x)
    return Episode(np.array(positions), frames)


def _library() -> Any:
    """Return MuJoCo, whose names come from compiled code that a type checker does not see."""
    import mujoco  # noqa: PLC0415 - an extra, and heavy

    return mujoco


def _state(start: Array, data: Any) -> tuple[Array, Array]:
    """Return positions and velocities of masses, each shape (masses, dim)."""
    return start + data.qpos.reshape(start.shape), data.qvel.reshape(start.shape).copy()


class _silent(suppress):  # noqa: N801 - used like a function
    """Let MuJoCo say nothing of bodies that explode: by default it writes a file into the working folder."""

    def __init__(self, mujoco: Any) -> None:
        super().__init__()
        self._mujoco = mujoco

    def __enter__(self) -> None:
        self._mujoco.set_mju_user_warning(lambda _text: None)

    def __exit__(self, *_error: object) -> bool:
        self._mujoco.set_mju_user_warning(None)
        return False
