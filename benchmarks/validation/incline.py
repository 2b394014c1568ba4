"""A block on an incline under Coulomb friction."""

import math

import numpy as np

from benchmarks.validation.lattices import beam
from benchmarks.validation.motions import GRAVITY, pair
from benchmarks.validation.simulation import physics_of, simulate
from codesign.body import Body
from codesign.sim.kernels import Coulomb, Dashpot
from codesign.tasks import Segments

FAR = 100.0
"""Half the length of the incline along x [m]."""


def block(angle: float, *, lattice: bool) -> Body:
    """Return a body that lies on an incline through the origin: 4 x 2 squares, or two masses without a spring."""
    loose = pair(stiffness=0.0, length=0.2)
    body = beam("square", 2, 4).body if lattice else loose
    places = body.positions - [0.0, body.positions[:, 1].min()]
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return Body(places @ turn, body.springs, body.rest_lengths, body.stiffness, body.swings)


def sliding(
    angle: float,
    friction: float,
    *,
    lattice: bool,
    grip: float | None = None,
    dashpot: float = 0.0,
    dt: float = 1e-3,
    duration: float = 1.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Return times [s] and the speed downhill of a block that is laid on an incline at rest [m/s].

    Args:
        angle: of the incline, which rises along x [rad].
        friction: coefficient.
        lattice: whether the block is of springs.
        grip: largest share of the speed that friction takes in a step.
        dashpot: damping of every spring [N s/m].
        dt: length of a step [s].
        duration: [s].
    """
    slope = math.tan(angle)
    ground = Segments(corners=(-FAR, -FAR * slope, FAR, FAR * slope))
    physics = physics_of(
        dt, gravity=GRAVITY, contact=Coulomb(friction=friction, grip=grip), forces=(Dashpot(damping=dashpot),)
    )
    motion = simulate(block(angle, lattice=lattice), physics, round(duration / dt), terrain=ground)
    downhill = -np.array([math.cos(angle), math.sin(angle)])
    return motion.times, motion.velocities.mean(axis=1) @ downhill


def acceleration(times: np.ndarray, speeds: np.ndarray) -> float:
    """Return the slope of speeds over the later two thirds of the time [m/s^2]."""
    later = times > times[-1] / 3.0
    return float(np.polyfit(times[later], speeds[later], 1)[0])


def acceleration_theory(angle: float, friction: float) -> float:
    """Return g (sin a - mu cos a), or 0 where tan a is at most mu (Coulomb 1785) [m/s^2]."""
    return -GRAVITY * max(math.sin(angle) - friction * math.cos(angle), 0.0)


def creep_theory(angle: float, grip: float, dt: float) -> float:
    """Return how fast a mass creeps that friction should hold [m/s].

    A step adds g sin(a) dt to its speed and friction then takes at most the share `grip` of it: v = (1 - grip)(v + g
    sin(a) dt).
    """
    return (1.0 - grip) / grip * -GRAVITY * math.sin(angle) * dt
