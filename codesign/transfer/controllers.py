"""Controllers that sense, in NumPy and double precision: what they ask of springs in states of any simulator.

They are written from what `codesign.control` says of each, apart from its kernels, and take the states of several
robots with one controller at a time.
"""

from collections.abc import Callable

import numpy as np

from codesign.export import Recording, RecordingError, height_at
from codesign.transfer.arrays import Array

Actuate = Callable[[float, Array, Array], Array]
"""(time [s], positions, velocities of shape (robots, masses, dim)) -> actuation, shape (robots, springs)."""

_NEAREST = 1.0e-6
"""Added to the distance from the light [m]."""

_TOUCH = 0.01
"""Height above the ground at which contact is felt half as much as on it [m]."""

_SHORTEST = 1.0e-6
"""Length below which springs have no direction [m]."""


def controller_of(recording: Recording) -> Actuate | None:
    """Return the learned controller of a recording; None for one that does not sense, or is none of those known here.

    Raises:
        RecordingError: its weights or settings are not those of such a controller.
    """
    build = _CONTROLLERS.get(recording.controller)
    if build is None:
        return None
    try:
        actuate = build(recording)
        actuate(0.0, *np.zeros((2, 1, recording.masses, recording.dim)))
    except (KeyError, ValueError, TypeError) as error:
        expected = f"settings and weights of a controller {recording.controller} in {recording.design}"
        raise RecordingError(expected, f"others ({error})", "record the design again, from its run") from error
    return actuate


def _mlp(recording: Recording) -> Actuate:
    """Return sines, what every mass senses and two ones through one hidden layer to every spring."""
    hidden, sines = int(_number(recording, "hidden")), int(_number(recording, "sines"))
    sensors, scale = _sensors(recording), _number(recording, "input_scale")
    masses, springs = recording.masses, len(recording.springs)
    senses = [name for name in sensors if name in _SENSES]
    features = recording.dim * (("position" in sensors) + ("velocity" in sensors)) + len(senses)
    inputs = sines + features * masses + 2
    w1, b1, w2, b2 = _split(recording, [(hidden, inputs), (hidden,), (springs, hidden), (springs,)])
    clock = _clock(_number(recording, "frequency"), sines)

    def actuate(time: float, x: Array, v: Array) -> Array:
        felt = []
        if "position" in sensors:
            felt.append(scale * (x - recording.centres(x)[:, None]))
        if "velocity" in sensors:
            felt.append(scale * v)
        felt += [_SENSES[name](recording, x, v)[..., None] for name in senses]
        robots = len(x)
        sensed = np.concatenate(felt, axis=-1).reshape(robots, -1) if felt else np.zeros((robots, 0))
        time_part = np.tile(clock(time), (robots, 1))
        known = np.concatenate([time_part, sensed, np.ones((robots, 2))], axis=1)
        return np.tanh(np.tanh(known @ w1.T + b1) @ w2.T + b2)

    return actuate


def _shared(recording: Recording) -> Actuate:
    """Return sines and what a muscle senses through one hidden layer, the same for all muscles."""
    hidden, sines = int(_number(recording, "hidden")), int(_number(recording, "sines"))
    sensors = _sensors(recording)
    scales = _number(recording, "position_scale"), _number(recording, "velocity_scale")
    senses, dim = [name for name in sensors if name in _SENSES], recording.dim
    inputs = sines + 1 + 2 * dim * ("position" in sensors) + dim * ("velocity" in sensors)
    inputs += len(senses) + ("light" in senses)
    w1, b1, w2, b2 = _split(recording, [(hidden, inputs), (hidden,), (hidden,), (1,)])
    clock = _clock(_number(recording, "frequency"), sines)
    first, second = recording.springs.T

    def actuate(time: float, x: Array, v: Array) -> Array:
        along = x[:, first] - x[:, second]
        length = np.sqrt((along**2).sum(-1) + _SHORTEST**2)
        felt = [(length / recording.rest_lengths - 1.0)[..., None]]
        if "position" in sensors:
            middle = (x[:, first] + x[:, second]) / 2.0 - recording.centres(x)[:, None]
            felt += [scales[0] * middle, along / length[..., None]]
        if "velocity" in sensors:
            felt.append(scales[1] * (v[:, first] + v[:, second]) / 2.0)
        for name in senses:
            values = _SENSES[name](recording, x, v)
            felt.append(((values[:, first] + values[:, second]) / 2.0)[..., None])
            if name == "light":
                felt.append((values[:, first] - values[:, second])[..., None])
        units = np.concatenate(felt, axis=-1) @ w1[:, sines:].T + clock(time) @ w1[:, :sines].T + b1
        return np.tanh(np.tanh(units) @ w2 + b2)

    return actuate


def _cpg_feedback(recording: Recording) -> Actuate:
    """Return sines of the springs whose phases contact and strain move."""
    springs, frequency = len(recording.springs), _number(recording, "frequency")
    amplitude, phase, offset, contact_gain, strain_gain = _split(recording, [(springs,)] * 5)
    first, second = recording.springs.T

    def actuate(time: float, x: Array, v: Array) -> Array:
        strain = np.linalg.norm(x[:, first] - x[:, second], axis=-1) / recording.rest_lengths - 1.0
        touching = _contact(recording, x, v)
        shift = contact_gain * (touching[:, first] + touching[:, second]) / 2.0 + strain_gain * strain
        return np.tanh(amplitude * np.sin(frequency * time + phase + shift) + offset)

    return actuate


_CONTROLLERS: dict[str, Callable[[Recording], Actuate]] = {
    "mlp": _mlp,
    "shared": _shared,
    "cpg_feedback": _cpg_feedback,
}

BLIND = ("cpg", "wave", "sequence")
"""Controllers that sense nothing: in closed loop they ask for the same as in open loop."""


def _split(recording: Recording, shapes: list[tuple[int, ...]]) -> list[Array]:
    """Return the weights of a controller as arrays of these shapes, one after the other."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    if sum(sizes) != len(recording.weights):
        raise ValueError(f"{len(recording.weights)} weights instead of {sum(sizes)}")
    pieces = np.split(recording.weights.astype(np.float64), np.cumsum(sizes)[:-1])
    return [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _number(recording: Recording, name: str) -> float:
    value = recording.controller_settings[name]
    if isinstance(value, str | tuple):
        raise ValueError(f"{name} {value!r}")
    return value


def _sensors(recording: Recording) -> tuple[str, ...]:
    value = recording.controller_settings["sensors"]
    if not isinstance(value, tuple):
        raise ValueError(f"sensors {value!r}")
    return value


def _clock(frequency: float, count: int) -> Callable[[float], Array]:
    """Return time -> sines whose phases are spread over the period."""
    phases = 2.0 * np.pi / count * np.arange(count)
    return lambda time: np.sin(frequency * time + phases)


def _light(recording: Recording, x: Array, _v: Array) -> Array:
    if recording.light is None:
        return np.zeros(x.shape[:-1])
    return 1.0 / np.sqrt(np.linalg.norm(recording.light - x, axis=-1) + _NEAREST)


def _height(recording: Recording, x: Array, _v: Array) -> Array:
    return x[..., -1] - height_at(recording.ground, x[..., :-1])


def _contact(recording: Recording, x: Array, v: Array) -> Array:
    return 1.0 / (1.0 + (_height(recording, x, v) / _TOUCH) ** 2)


def _speed(_recording: Recording, _x: Array, v: Array) -> Array:
    return np.linalg.norm(v, axis=-1)


_SENSES: dict[str, Callable[[Recording, Array, Array], Array]] = {
    "light": _light,
    "contact": _contact,
    "height": _height,
    "speed": _speed,
}
