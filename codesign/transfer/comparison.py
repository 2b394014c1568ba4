"""Robots in our physics and in MuJoCo, as recorded and changed: what they come to, and how far apart they get."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.export import Recording, RecordingError, centre_of
from codesign.transfer.arrays import Array
from codesign.transfer.changes import RECORDED, Change, TransferSettings, mechanics_of
from codesign.transfer.controllers import BLIND, controller_of
from codesign.transfer.episodes import Drive, Episode
from codesign.transfer.limits import Limits, limits_of
from codesign.transfer.mujoco_world import require_mujoco, simulate_mujoco
from codesign.transfer.point_masses import simulate_points

_NOWHERE = 1e-6
"""Displacement of a body that stays where it is [m]."""

_SOFTEST = 2.0**-6
"""Least factor on stiffness that is tried where MuJoCo does not hold a body."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """One robot under one change, driven in the same way in both simulators.

    Attributes:
        change: what was changed.
        loop: "open" for the recorded actuation, "closed" for the controller.
        substeps: steps of both simulators in a step of the recording.
        here, there: displacement in our physics and in MuJoCo [m], see `displacement`; NaN where the body exploded.
        centre_distance: of the centres of mass at every step of the recording [m], as far as neither exploded.
        rms_distance: of the masses, root mean square, likewise [m].
    """

    change: Change
    loop: str
    substeps: int
    here: float
    there: float
    centre_distance: Array
    rms_distance: Array


@dataclass(frozen=True, eq=False)
class Transfer:
    """How a design does in MuJoCo.

    Attributes:
        design: its id.
        recorded: its displacement in the recording [m].
        dt: length of a step of the recording [s].
        limits: what explicit steps hold.
        stiffness: factor on the stiffness of both bodies in all outcomes; below 1 where MuJoCo did not hold the body.
        outcomes: as recorded with every number of substeps, then changed, first in open loop, then in closed loop.
        notes: what differs between the simulators and is not physics of the body, and what was left out.
    """

    design: str
    recorded: float
    dt: float
    limits: Limits
    stiffness: float
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]

    def nominal(self, loop: str = "open", substeps: int = 1) -> Outcome:
        """Return the outcome of the robot as it was recorded.

        Raises:
            KeyError: it was not compared in this way.
        """
        for each in self.outcomes:
            if each.change == RECORDED and each.loop == loop and each.substeps == substeps:
                return each
        raise KeyError(f"{loop} loop with {substeps} substeps")

    def changed(self, loop: str = "open") -> list[Outcome]:
        """Return the outcomes of changed robots in open or closed loop."""
        return [each for each in self.outcomes if each.change != RECORDED and each.loop == loop]

    def kept(self, outcome: Outcome) -> float:
        """Return the share of the recorded displacement that is left in MuJoCo, see `share`."""
        return self.share(outcome.there)

    def share(self, reached: float) -> float:
        """Return a displacement as a share of the recorded one: 0 for a body that exploded, NaN where none was."""
        if abs(self.recorded) < _NOWHERE:
            return np.nan
        return reached / self.recorded if np.isfinite(reached) else 0.0


def displacement(positions: Array, light: Array | None = None, masses: Array | None = None) -> float:
    """Return how far the centre of mass came along x [m], or, where there is a light, how much closer to it.

    Args:
        positions: float[frames, masses, dim], metres.
        light: place of the light [m].
        masses: in any unit, shape (masses,); None where all are equal.
    """
    first, last = centre_of(positions[0], masses), centre_of(positions[-1], masses)
    if light is None:
        return float(last[0] - first[0])
    return float(np.linalg.norm(first - light) - np.linalg.norm(last - light))


def transfer(
    recordings: Sequence[Recording],
    settings: TransferSettings | None = None,
    tell: Callable[[Transfer], None] = lambda _transfer: None,
) -> list[Transfer]:
    """Return how designs do in MuJoCo.

    Args:
        recordings: designs with a frame for every step (`replay(..., every_step=True)`).
        settings: how they are compared.
        tell: is told of each design when it is done.

    Raises:
        ConfigError: MuJoCo is not installed, or a recording has a force or contact of a plug-in.
        RecordingError: a recording that does not say how it was simulated, has no frame for every step, or diverged.
    """
    require_mujoco()
    results = []
    for recording in recordings:
        results.append(_transfer(recording, settings or TransferSettings()))
        tell(results[-1])
    return results


def _transfer(recording: Recording, settings: TransferSettings) -> Transfer:
    mechanics = mechanics_of(recording)
    if recording.after.diverged:
        got = f"{recording.design}, which diverged after {recording.after.times[-1]:.2f} s"
        raise RecordingError("motion that stays finite", got, "choose another design, or lower sim.dt for the run")
    factor, held = _held(recording, settings.substeps)
    body = Change(stiffness=factor).apply(recording) if factor < 1.0 else recording
    notes = _notes(recording, settings)
    if factor < 1.0 or held > settings.substeps[0]:
        step = f"steps of {mechanics.dt / held * 1e3:g} ms"
        softer = f" and {factor:g} of the stiffness, for both" if factor < 1.0 else ""
        notes.append(f"MuJoCo does not hold the body in longer steps: changes are tried in {step}{softer}")
    outcomes = []
    for loop in _loops(recording, settings):
        actuate = controller_of(recording) if loop == "closed" else None
        # The recorded actuation is late already.
        late = round(mechanics.latency / mechanics.dt) if actuate is not None else 0
        for substeps in settings.substeps:
            here = simulate_points([body], [Drive(actuate, late)], substeps)[0]
            there = simulate_mujoco(body, Drive(actuate, late), substeps)
            outcomes.append(_outcome(body, RECORDED, loop, substeps, here, there))
        changes = settings.changes(mechanics)
        variants = [change.apply(body) for change in changes]
        drives = [Drive(actuate, late + round(change.latency / mechanics.dt)) for change in changes]
        inside = simulate_points(variants, drives, held) if variants else []
        for change, variant, drive, here in zip(changes, variants, drives, inside, strict=True):
            outcomes.append(_outcome(body, change, loop, held, here, simulate_mujoco(variant, drive, held)))
    recorded = displacement(recording.after.positions, recording.light, recording.point_masses)
    limits = limits_of(recording)
    return Transfer(recording.design, recorded, mechanics.dt, limits, factor, tuple(outcomes), tuple(notes))


def _loops(recording: Recording, settings: TransferSettings) -> list[str]:
    closed = settings.loops != "open" and controller_of(recording) is not None
    return ["open"] * (settings.loops != "closed" or not closed) + ["closed"] * closed


def _held(recording: Recording, substeps: Sequence[int]) -> tuple[float, int]:
    """Return the largest factor on stiffness and the fewest substeps with which MuJoCo holds a body."""
    for power in itertools.count():
        factor = 2.0**-power
        body = Change(stiffness=factor).apply(recording) if power else recording
        for each in substeps:
            if not simulate_mujoco(body, Drive(), each).diverged:
                return factor, each
        if factor <= _SOFTEST:
            return factor, substeps[-1]
    raise AssertionError("unreachable")


def _outcome(recording: Recording, change: Change, loop: str, substeps: int, here: Episode, there: Episode) -> Outcome:
    frames = min(len(here.positions), len(there.positions))
    apart = here.positions[:frames] - there.positions[:frames]
    reached = [
        np.nan if each.diverged else displacement(each.positions, recording.light, recording.point_masses)
        for each in (here, there)
    ]
    return Outcome(
        change,
        loop,
        substeps,
        *reached,
        centre_distance=np.linalg.norm(centre_of(apart, recording.point_masses), axis=-1),
        rms_distance=np.sqrt((apart**2).sum(axis=-1).mean(axis=-1)),
    )


def _notes(recording: Recording, settings: TransferSettings) -> list[str]:
    mechanics = mechanics_of(recording)
    notes = []
    if mechanics.contact == "no_slip":
        notes.append(
            "masses stick to our ground (no_slip); in MuJoCo they have a very high friction instead, and friction is"
            " not changed"
        )
    elif mechanics.contact == "smooth":
        notes.append("our ground is soft (smooth), MuJoCo's is not")
    if mechanics.motor_noise > 0.0:
        notes.append("motor noise is left out of both simulators")
    if settings.loops != "open" and controller_of(recording) is None:
        blind = recording.controller in BLIND
        why = "senses nothing, so that a closed loop is the open one" if blind else "is not known to transfer"
        notes.append(f"open loop only: the controller {recording.controller} {why}")
    return notes


def without_ground(recording: Recording) -> Recording:
    """Return a recording of the same robot far above its ground, which it never meets, without gravity and push."""
    mechanics = replace(mechanics_of(recording), gravity=0.0, push=())
    ground = recording.ground.copy()
    ground[..., -1] -= 100.0
    return replace(recording, ground=ground, mechanics=mechanics)
