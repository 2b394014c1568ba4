"""What is changed about a robot before it is tried in both simulators: one thing at a time, or several at random."""

from dataclasses import dataclass, replace

from codesign.checks import require_count, require_number
from codesign.errors import ConfigError
from codesign.export import Mechanics, Recording, RecordingError
from codesign.streams import Purpose, require_seed, stream

FACTORS = ("stiffness", "friction", "mass", "motor")
"""What is multiplied by a factor."""


@dataclass(frozen=True)
class Change:
    """How a robot differs from the one that was recorded.

    Attributes:
        name: for tables, such as "stiffness -20 %".
        stiffness: factor on the stiffness of all springs.
        friction: factor on the coefficient of friction of the ground.
        mass: factor on all masses; the rate at which velocities decay stays.
        motor: factor on the swing of all muscles.
        latency: how much later muscles do what they are told [s].
    """

    name: str = "as recorded"
    stiffness: float = 1.0
    friction: float = 1.0
    mass: float = 1.0
    motor: float = 1.0
    latency: float = 0.0

    def apply(self, recording: Recording) -> Recording:
        """Return the recording of the changed robot, whose motion is still that of the other.

        Raises:
            RecordingError: the recording does not say how it was simulated.
        """
        mechanics = mechanics_of(recording)
        contact = dict(mechanics.contact_settings)
        if "friction" in contact:
            contact["friction"] *= self.friction
        return replace(
            recording,
            stiffness=recording.stiffness * self.stiffness,
            swings=recording.swings * self.motor,
            mechanics=replace(mechanics, mass=mechanics.mass * self.mass, contact_settings=contact),
        )


RECORDED = Change()
"""No change."""


@dataclass(frozen=True)
class TransferSettings:
    """How robots are compared.

    Attributes:
        substeps: into how many steps of MuJoCo's a step of ours is cut, one comparison each; changes are tried with the
            first of them that holds the body.
        spread: largest change of stiffness, friction, mass and motor, as a share.
        latency: largest latency [s].
        combined: number of robots in which all of these are changed at once, at random.
        loops: "open" for the recorded actuation, "closed" for the controller itself, "both".
        seed: of the random changes.

    Raises:
        ConfigError: a number out of range or another word.
    """

    substeps: tuple[int, ...] = (1, 2, 4, 10)
    spread: float = 0.2
    latency: float = 0.02
    combined: int = 8
    loops: str = "both"
    seed: int = 0

    def __post_init__(self) -> None:
        whole = all(isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= 100 for each in self.substeps)
        if not self.substeps or not whole or list(self.substeps) != sorted(set(self.substeps)):
            expected, remedy = "ascending whole numbers from 1 to 100", "set {field}=[1,2,4,10]"
            raise ConfigError(expected, repr(list(self.substeps)), remedy, "substeps")
        require_number(self, "spread", at_least=0.0, at_most=0.9, example=0.2)
        require_number(self, "latency", at_least=0.0, at_most=1.0, unit="s", example=0.02)
        require_count(self, "combined", at_least=0, example=8)
        if self.loops not in ("open", "closed", "both"):
            raise ConfigError("open, closed or both", repr(self.loops), "set {field}=both", "loops")
        require_seed(self.seed)

    def changes(self, mechanics: Mechanics) -> list[Change]:
        """Return the changes of a robot: one thing at a time down, up, then combinations; the same for every robot."""
        factors = [name for name in FACTORS if name != "friction" or mechanics.friction is not None]
        found = [
            Change(f"{name} {sign * self.spread:+.0%}".replace("%", " %"), **{name: 1.0 + sign * self.spread})
            for name in factors
            for sign in (-1, 1)
            if self.spread > 0.0
        ]
        if self.latency > 0.0:
            found += [
                Change(f"latency {share * self.latency * 1e3:g} ms", latency=share * self.latency)
                for share in (0.2, 0.5, 1.0)
            ]
        for number in range(self.combined):
            generator = stream(self.seed, 0, number, Purpose.WORLD)
            drawn = generator.uniform(-1.0, 1.0, len(FACTORS))
            latency = float(generator.uniform(0.0, self.latency))
            shares = {name: float(share) for name, share in zip(FACTORS, drawn, strict=True) if name in factors}
            together = {name: 1.0 + self.spread * share for name, share in shares.items()}
            found.append(Change(f"combined {number + 1}", latency=latency, **together))
        return found


def mechanics_of(recording: Recording) -> Mechanics:
    """Return how a recording was simulated.

    Raises:
        RecordingError: it does not say, or has no frame for each step.
    """
    mechanics = recording.mechanics
    if mechanics is None:
        expected = "a recording that says how it was simulated (mechanics)"
        raise RecordingError(expected, f"none of {recording.design}", "record the design again, from its run")
    times = recording.after.times
    if len(times) > 1 and abs(float(times[1] - times[0]) - mechanics.dt) > 1e-3 * mechanics.dt:
        expected = f"a frame of {recording.design} for each step of {mechanics.dt:g} s"
        raise RecordingError(expected, f"one for {times[1] - times[0]:g} s", "record it with every_step=True")
    return mechanics
