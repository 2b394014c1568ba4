"""A float64 simulation in plain NumPy, written from the equations of motion and not from the kernels.

Everything is per robot and per step, in the order in which the equations are told:

    L       = |xa - xb| + 1e-4
    F       = k (L - rest (1 + swing act))
    impulse = dt F / L (xa - xb)      -impulse on a, +impulse on b
    v'      = exp(-damping dt) v + sum of impulses / m + dt g
    x'      = x + dt v', and a contact where that is below the ground

Masses m are 1 kg, or those of the body (`masses`), times one number for all. act is what the controller answered a
latency ago, and 0 before. Where a body has them, a muscle's active force a = k rest swing act becomes a / sqrt(1 + (a /
limit)^2), and a dashpot along the spring adds `damping` times the rate at which it lengthens. Centres are of mass.

Space has two or three dimensions; the last axis points up. Bodies and physics are read by attribute (`positions`,
`springs`, `rest_lengths`, `stiffness`, `swings`; `dt`, `steps`, `gravity`, `damping`, `friction`, and where they are
used `grip`, `softness` and `regularisation`), so both the platform's records and plain stand-ins fit.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

SOFTENING = 1e-4  # added to every spring length [m]
NO_SLIP_SPEED = 1e-4  # downward speed from which the ground holds a mass [m/s]
TOUCH_SPEED = 1e-10  # keeps the time of impact finite for a mass that does not move [m/s]
TOUCH_GAP = 1e-12  # the same where heights divide [m]
CREASE = 1e-3  # distance from an edge of a grid within which the slopes of both sides are mixed [m]
SLIP = 0.01  # speed below which smooth friction fades out [m/s]


class _Everywhere(float):
    """A number that every spring has."""

    def __getitem__(self, _spring: int) -> float:
        return float(self)


NO_LIMIT, NO_DAMPING = _Everywhere(np.inf), _Everywhere(0.0)

Actuate = Callable[[int, np.ndarray, np.ndarray], np.ndarray]
Contact = Callable[["Ground", Any, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class Ground(Protocol):
    """What the ground is asked by contacts, for points of shape (n, dimension)."""

    @property
    def exact(self) -> bool:
        """Whether a mass is on the ground at the time of impact."""
        ...

    def under(self, points: np.ndarray) -> np.ndarray:
        """Return the height of the ground under points of shape (..., dimension), as (...)."""
        ...

    def normal_at(self, points: np.ndarray) -> np.ndarray:
        """Return the unit normals, shape (n, dimension)."""
        ...

    def time_of_impact(self, dt: float, x: np.ndarray, v: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return when masses that fly from `x` to `end` with `v` meet the ground, shape (n,)."""
        ...


@dataclass(frozen=True)
class Lines:
    """Straight lines `y = slope x + shift`, each from its start to the next one's; level at `base` left of the first.

    In three dimensions the second axis changes nothing.

    Args:
        base: height left of the first line [m].
        starts, slopes, shifts: one line each, starts ascending, shape (lines,); may be empty.
    """

    base: float = 0.1
    starts: np.ndarray = field(default_factory=lambda: np.zeros(0))
    slopes: np.ndarray = field(default_factory=lambda: np.zeros(0))
    shifts: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of_segments(cls, rows: np.ndarray, base: float = 0.1) -> "Lines":
        """Read rows of x0, y0, length, slope, shift; the last line goes on for ever."""
        return cls(base, rows[:, 0], rows[:, 3], rows[:, 4])

    def line(self, x: np.ndarray) -> np.ndarray:
        """Return the number of the line under `x`, 0 for the level part on the left."""
        return np.searchsorted(self.starts, x, side="right")

    def slope(self, line: np.ndarray) -> np.ndarray:
        return np.concatenate([[0.0], self.slopes])[line]

    def shift(self, line: np.ndarray) -> np.ndarray:
        return np.concatenate([[self.base], self.shifts])[line]

    def height(self, x: np.ndarray) -> np.ndarray:
        line = self.line(x)
        return self.slope(line) * x + self.shift(line)

    exact = True

    def under(self, points: np.ndarray) -> np.ndarray:
        return self.height(points[..., 0])

    def normal(self, line: np.ndarray, dimension: int) -> np.ndarray:
        slope = self.slope(line)
        middle = [np.zeros_like(slope)] * (dimension - 2)
        return np.stack([-slope, *middle, np.ones_like(slope)], -1) / np.sqrt(1.0 + slope**2)[..., None]

    def normal_at(self, points: np.ndarray) -> np.ndarray:
        return self.normal(self.line(points[:, 0]), points.shape[1])

    def time_of_impact(self, dt: float, x: np.ndarray, v: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return when masses meet the first of the lines in between."""
        del dt
        here, there = self.line(x[:, 0]), self.line(end[:, 0])
        first = np.full(len(x), np.inf)
        for line in range(len(self.starts) + 1):
            index = np.full(len(x), line)
            between = (np.minimum(here, there) <= line) & (line <= np.maximum(here, there))
            slope = self.slope(index)
            gap = np.abs(x[:, -1] - slope * x[:, 0] - self.shift(index)) / np.sqrt(1.0 + slope**2)
            approach = np.abs((v * self.normal(index, x.shape[1])).sum(-1))
            first = np.where(between, np.minimum(first, gap / (approach + TOUCH_SPEED)), first)
        return first


@dataclass(frozen=True)
class Nodes:
    """Heights at the nodes of a grid, linear in each coordinate in between; constant across the border.

    Args:
        low: horizontal coordinates of the first node [m], shape (dimension - 1,).
        spacing: distances between nodes [m], shape (dimension - 1,).
        heights: shape (nodes,), or (nodes along y, nodes along x) [m].
        bisections: how often the step is halved to find the time of impact; 0 where the height above ground is taken
            as linear in time.
    """

    low: np.ndarray
    spacing: np.ndarray
    heights: np.ndarray
    bisections: int = 0

    exact = False

    def level(self, places: np.ndarray) -> np.ndarray:
        """Return the height at horizontal coordinates, shape (..., dimension - 1): a sum of hats, one on each node."""
        hats = []
        for axis, count in enumerate(self.heights.shape[::-1]):
            place = np.clip((places[..., axis] - self.low[axis]) / self.spacing[axis], 0, count - 1)
            hats.append(np.maximum(1.0 - np.abs(place[..., None] - np.arange(count)), 0.0))
        if len(hats) == 1:
            return hats[0] @ self.heights
        return ((hats[1] @ self.heights) * hats[0]).sum(-1)

    def under(self, points: np.ndarray) -> np.ndarray:
        return self.level(points[..., :-1])

    def normal_at(self, points: np.ndarray) -> np.ndarray:
        """Return normals: slopes of the two cells beside the nearest node, mixed by where in the crease a point is."""
        slopes = []
        for axis in range(points.shape[1] - 1):
            last = self.heights.shape[::-1][axis] - 1
            node = np.clip(np.floor((points[:, axis] - self.low[axis]) / self.spacing[axis] + 0.5), 0, last)
            heights = []
            for neighbour in (-1, 0, 1):
                place = points[:, :-1].copy()
                place[:, axis] = self.low[axis] + (node + neighbour) * self.spacing[axis]
                heights.append(self.level(place))
            beyond = points[:, axis] - self.low[axis] - node * self.spacing[axis]
            share = np.clip((beyond + CREASE) / (2.0 * CREASE), 0.0, 1.0)
            left, right = np.diff(heights, axis=0)
            slopes.append(((1.0 - share) * left + share * right) / self.spacing[axis])
        normal = np.stack([*(-slope for slope in slopes), np.ones(len(points))], axis=1)
        return normal / np.linalg.norm(normal, axis=1, keepdims=True)

    def time_of_impact(self, dt: float, x: np.ndarray, v: np.ndarray, end: np.ndarray) -> np.ndarray:
        if not self.bisections:
            before, after = x[:, -1] - self.under(x), end[:, -1] - self.under(end)
            return dt * before / np.maximum(before - after, TOUCH_GAP)
        above, below = np.zeros(len(x)), np.full(len(x), dt)
        for _ in range(self.bisections):
            middle = (above + below) / 2.0
            place = x + middle[:, None] * v
            inside = place[:, -1] < self.under(place)
            above, below = np.where(inside, above, middle), np.where(inside, middle, below)
        return above


def spring_impulses(
    body: Any,
    positions: np.ndarray,
    actuation: np.ndarray,
    dt: float,
    softening: float = SOFTENING,
    damping: float = 0.0,
    velocities: np.ndarray | None = None,
) -> np.ndarray:
    """Return the impulse on each mass, shape (masses, dimension); `damping` is that of a dashpot beside each spring."""
    impulses = np.zeros_like(positions)
    for spring, (a, b) in enumerate(np.asarray(body.springs)):
        between = positions[a] - positions[b]
        length = np.sqrt((between**2).sum()) + softening
        strain = body.swings[spring] * actuation[spring]
        active = body.stiffness[spring] * body.rest_lengths[spring] * strain
        strain /= np.hypot(1.0, active / getattr(body, "force_limits", NO_LIMIT)[spring])
        target = body.rest_lengths[spring] * (1.0 + strain)
        impulse = dt * body.stiffness[spring] * (length - target) / length * between
        if velocities is not None:
            resistance = damping + getattr(body, "damping", NO_DAMPING)[spring]
            impulse += dt * resistance * ((velocities[a] - velocities[b]) @ between) * between / length**2
        impulses[a] -= impulse
        impulses[b] += impulse
    return impulses


def _touch(ground: Ground, physics: Any, x: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the time of impact, the place and the normal there."""
    time = np.clip(ground.time_of_impact(physics.dt, x, v, x + physics.dt * v), 0.0, physics.dt)
    place = x + time[:, None] * v
    return time, place, ground.normal_at(place)


def _raise(ground: Ground, x: np.ndarray) -> np.ndarray:
    return np.concatenate([x[:, :-1], np.maximum(x[:, -1], ground.under(x))[:, None]], axis=1)


def _where_below(
    ground: Ground, physics: Any, x: np.ndarray, v: np.ndarray, held_x: np.ndarray, held_v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a contact says of masses that would be below the ground, and free flight of all others."""
    free = x + physics.dt * v
    below = (free[:, -1] < ground.under(free))[:, None]
    return np.where(below, held_x, free), np.where(below, held_v, v)


def coulomb_impulse(friction: float, normal: np.ndarray, tangential: np.ndarray) -> np.ndarray:
    """Return the change of the tangential velocity of masses that the ground stops, by Coulomb's law.

    The impulse of friction opposes sliding; it is at most the coefficient times the impulse along the normal, and no
    more than what brings the mass to rest.

    Args:
        friction: the coefficient.
        normal: velocities along the normal before the contact, which takes them away [m/s], shape (n,).
        tangential: velocities along the ground [m/s], shape (n,).
    """
    return -np.sign(tangential) * np.minimum(friction * np.abs(normal), np.abs(tangential))


def _grip(physics: Any) -> float:
    """Return the largest share of the tangential speed that friction takes, by default the coefficient, at most 1."""
    grip = getattr(physics, "grip", None)
    return min(physics.friction, 1.0) if grip is None else grip


def coulomb(ground: Ground, physics: Any, x: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The normal part of the velocity vanishes, the tangential part shrinks by friction."""
    time, place, normal = _touch(ground, physics, x, v)
    if not ground.exact:
        place = np.concatenate([place[:, :-1], ground.under(place)[:, None]], axis=1)
    normal_speed = (v * normal).sum(-1)
    tangential = v - normal_speed[:, None] * normal
    speed = np.sqrt((tangential**2).sum(-1))
    lost = np.minimum(physics.friction * np.abs(normal_speed), _grip(physics) * speed)
    after = tangential * np.divide(speed - lost, speed, out=np.zeros_like(speed), where=speed > 0.0)[:, None]
    slid = _raise(ground, place + (physics.dt - time)[:, None] * after)
    return _where_below(ground, physics, x, v, slid, after)


def no_slip(ground: Ground, physics: Any, x: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ground holds a mass that comes down on it for the rest of the step; a slower one moves on freely."""
    _, place, normal = _touch(ground, physics, x, v)
    held = ((v * normal).sum(-1) < -NO_SLIP_SPEED)[:, None]
    stopped = np.where(held, _raise(ground, place), x + physics.dt * v)
    return _where_below(ground, physics, x, v, stopped, np.where(held, 0.0, v))


def smooth(ground: Ground, physics: Any, x: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ground pushes the more the deeper a mass would come, and a little even from afar; friction fades in."""
    reached = x + physics.dt * v
    normal = ground.normal_at(reached)
    depth = (ground.under(reached) - reached[:, -1]) * normal[:, -1]
    push = (depth + np.hypot(depth, physics.softness)) / (2.0 * physics.dt)
    normal_speed = (v * normal).sum(-1)
    tangential = v - normal_speed[:, None] * normal
    wanted = physics.friction * push / np.sqrt((tangential**2).sum(-1) + SLIP**2)
    limited = wanted * _grip(physics) / np.maximum(np.hypot(wanted, _grip(physics)), TOUCH_GAP)
    after = (1.0 - limited)[:, None] * tangential + (normal_speed + push)[:, None] * normal
    return x + physics.dt * after, after


CONTACTS: dict[str, Contact] = {"coulomb": coulomb, "no_slip": no_slip, "smooth": smooth}


def wind(settings: Any, _physics: Any, time: float, _x: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the drag [N] of masses in a level wind, whose speed goes up and down with time."""
    speed = settings.speed * (1.0 + settings.gusts * np.sin(2.0 * np.pi * time / settings.period))
    angle = np.deg2rad(settings.direction)
    level = [np.cos(angle), np.sin(angle)][: v.shape[1] - 1]
    relative = speed * np.array([*level, 0.0]) - v
    return settings.linear * relative + settings.quadratic * np.linalg.norm(relative, axis=1)[:, None] * relative


def water(settings: Any, physics: Any, _time: float, x: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return buoyancy and drag [N] of masses, drag such that it stops a mass in one step at most."""
    bottom = x[:, -1] - settings.size / 2.0
    submerged = np.clip((settings.level - bottom) / settings.size, 0.0, 1.0)
    rate = 0.5 * settings.density * settings.drag_area * submerged * np.linalg.norm(v, axis=1)
    force = -(rate / (1.0 + physics.dt * rate / np.asarray(getattr(physics, "mass", 1.0))))[:, None] * v
    force[:, -1] -= settings.density * settings.volume * submerged * physics.gravity
    return force


FORCES: dict[str, Callable[..., np.ndarray]] = {"wind": wind, "water": water}


@dataclass(frozen=True)
class Scene:
    """What a robot meets: the constants of its motion, the ground and what happens on it, and what else acts."""

    physics: Any
    ground: Ground
    contact: Contact
    forces: tuple[Any, ...] = ()

    @property
    def damping(self) -> float:
        """Damping of the dashpots beside springs [N s/m]."""
        return sum(force.damping for force in self.forces if force.name == "dashpot")


def advance(
    scene: Scene, x: np.ndarray, v: np.ndarray, impulses: np.ndarray, time: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and velocities of masses after one time step in which they got impulses."""
    physics = scene.physics
    for force in scene.forces:
        if force.name in FORCES:
            impulses = impulses + physics.dt * FORCES[force.name](force, physics, time, x, v)
    mass = np.asarray(getattr(physics, "mass", 1.0))
    mass = mass if mass.ndim == 0 else mass[:, None]
    v = np.exp(-physics.damping * physics.dt) * v + impulses / mass
    v[:, -1] += physics.dt * physics.gravity
    return scene.contact(scene.ground, physics, x, v)


def step(
    body: Any, scene: Scene, x: np.ndarray, v: np.ndarray, actuation: np.ndarray, time: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and velocities of a robot after one time step."""
    softening = getattr(scene.physics, "regularisation", SOFTENING)
    impulses = spring_impulses(body, x, actuation, scene.physics.dt, softening, scene.damping, v)
    return advance(scene, x, v, impulses, time)


def centre(positions: np.ndarray, masses: np.ndarray | None = None) -> np.ndarray:
    """Return the centre of mass of positions, shape (..., masses, dimension), as (..., dimension)."""
    if masses is None or np.all(masses == masses[0]):
        return positions.mean(axis=-2)
    return (positions * masses[:, None]).sum(axis=-2) / masses.sum()


@dataclass(frozen=True)
class Rollout:
    """An episode: positions and velocities, shape (steps + 1, masses, dimension); the actuation that muscles follow,
    shape (steps, springs); the body's masses, shape (masses,), None where all are equal."""

    positions: np.ndarray
    velocities: np.ndarray
    actuation: np.ndarray
    masses: np.ndarray | None = None

    @property
    def centres(self) -> np.ndarray:
        """The centre of mass before every step and at the end, shape (steps + 1, dimension)."""
        return centre(self.positions, self.masses)


def rollout(
    body: Any, scene: Scene, actuate: Actuate, velocities: np.ndarray | None = None, latency: int = 0
) -> Rollout:
    """Simulate one robot for `physics.steps` steps from its initial positions; muscles follow `latency` steps later."""
    x = np.array(body.positions, np.float64)
    v = np.zeros_like(x) if velocities is None else np.array(velocities, np.float64)
    positions, speeds, actuations = [x], [v], [np.zeros(len(body.springs))] * latency
    for t in range(scene.physics.steps):
        actuations.append(actuate(t, x, v))
        x, v = step(body, scene, x, v, actuations[t], t * scene.physics.dt)
        positions.append(x)
        speeds.append(v)
    masses = getattr(body, "masses", None)
    return Rollout(np.array(positions), np.array(speeds), np.array(actuations[: scene.physics.steps]), masses)


def displacement_loss(episode: Rollout) -> float:
    """Minus how far the centre of mass came along x [m]."""
    return float(-(episode.centres[-1, 0] - episode.centres[0, 0]))


def mlp(
    weights: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    dt: float,
    frequency: float = 10.0,
    scale: float = 0.05,
) -> Actuate:
    """Return the 2024 paper's controller: sines, state of the masses and two ones; tanh units; one output a spring."""
    w1, b1, w2, b2 = weights

    def actuate(t: int, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        state = np.concatenate([x - x.mean(0), v], axis=1).ravel() * scale
        count = w1.shape[1] - len(state) - 2
        sines = np.sin(frequency * t * dt + 2.0 * np.pi * np.arange(count) / count)
        hidden = np.tanh(w1 @ np.concatenate([sines, state, [1.0, 1.0]]) + b1)
        return np.tanh(w2 @ hidden + b2)

    return actuate


def sequence(actuation: np.ndarray) -> Actuate:
    """Return the actuation written down for each step, shape (steps, springs)."""
    return lambda t, _x, _v: actuation[t]
