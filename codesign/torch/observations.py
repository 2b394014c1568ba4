"""What policies see of bodies: numbers of every body, mass and spring, flat or padded."""

from dataclasses import dataclass

import numpy as np
import torch

from codesign.body import Bodies


class BodyLayout:
    """Which masses and springs belong to which body of a batch. Numbers count those of all bodies, one after the other.

    Args:
        bodies: the batch.
        dtype: of the numbers.
        device: of the numbers.

    Attributes:
        mass_start, spring_start: first of each body, and the end of the last, int64, shape (bodies + 1,).
        body_of_mass, body_of_spring: number of the body, int64, shape (masses,) and (springs,).
        ends: the two masses of each spring, int64, shape (2, springs).
        muscles: springs that actuation changes, bool, shape (springs,).
        mass_mask, spring_mask: which places of padded numbers are real, bool, shape (bodies, most masses of a body) and
            (bodies, most springs of a body).
    """

    def __init__(self, bodies: Bodies, dtype: torch.dtype, device: torch.device) -> None:
        self.dtype, self.device = dtype, device
        self.mass_start, self.spring_start = self._whole(bodies.mass_start), self._whole(bodies.spring_start)
        masses, springs = np.diff(bodies.mass_start), np.diff(bodies.spring_start)
        self.body_of_mass = self._whole(np.repeat(np.arange(len(bodies)), masses))
        owner = np.repeat(np.arange(len(bodies)), springs)
        self.body_of_spring = self._whole(owner)
        self.ends = self._whole(np.ascontiguousarray((bodies.springs + bodies.mass_start[owner, None]).T))
        self.muscles = torch.as_tensor(bodies.swings != 0.0, device=device)
        self.mass_mask = torch.as_tensor(np.arange(masses.max()) < masses[:, None], device=device)
        self.spring_mask = torch.as_tensor(np.arange(springs.max()) < springs[:, None], device=device)

    def __len__(self) -> int:
        return len(self.mass_start) - 1

    def padded(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return flat numbers of masses or springs body by body, zero where there is nothing.

        Args:
            values: shape (masses, ...) or (springs, ...).
            mask: `mass_mask` or `spring_mask`.

        Returns:
            Shape (bodies, most of a body, ...).
        """
        found = values.new_zeros(mask.shape + values.shape[1:])
        return found.masked_scatter(mask.reshape(mask.shape + (1,) * (values.dim() - 1)), values)

    def flat(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return padded numbers, shape (bodies, most of a body, ...), without padding: (masses or springs, ...)."""
        return values[mask]

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Return means over the masses of each body of their numbers, shape (masses, any), as (bodies, any)."""
        sums = values.new_zeros((len(self), values.shape[1])).index_add(0, self.body_of_mass, values)
        return sums / torch.diff(self.mass_start)[:, None]

    def _whole(self, numbers: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(numbers.astype(np.int64), device=self.device)


@dataclass(frozen=True, eq=False)
class PaddedObservation:
    """An observation body by body, for policies that take batches of one size.

    Attributes:
        bodies: as in `Observation`, shape (bodies, 2 dim).
        masses, springs: as in `Observation`, zero where there is nothing, shape (bodies, most masses of a body, 2 dim)
            and (bodies, most springs of a body, 2 + 2 dim).
        mass_mask, spring_mask: which places are real, bool, shape (bodies, most masses of a body) and (bodies, most
            springs of a body).
    """

    bodies: torch.Tensor
    masses: torch.Tensor
    springs: torch.Tensor
    mass_mask: torch.Tensor
    spring_mask: torch.Tensor


@dataclass(frozen=True, eq=False)
class Observation:
    """What a policy sees of a batch of bodies at a moment, differentiable in positions and velocities.

    Axes are those of the world, the last one up; nothing is turned with a body. Everything of a body that diverged is
    zero.

    Attributes:
        time: since the episode's start [s].
        bodies: the mean over the masses of a body of their positions [m] and of their velocities [m/s], shape
            (bodies, 2 dim).
        masses: positions relative to that mean [m], and velocities [m/s], shape (masses, 2 dim).
        springs: length as a share of the rest length, less 1; its rate [1/s]; the position of the middle relative to
            the mean of the body [m], and its velocity [m/s]; shape (springs, 2 + 2 dim).
        layout: which masses and springs belong to which body.
    """

    time: float
    bodies: torch.Tensor
    masses: torch.Tensor
    springs: torch.Tensor
    layout: BodyLayout

    def at_springs(self) -> torch.Tensor:
        """Return the numbers of each spring and those of its body, shape (springs, 2 + 4 dim): one policy fits all."""
        return torch.cat([self.springs, self.bodies[self.layout.body_of_spring]], dim=1)

    def padded(self) -> PaddedObservation:
        """Return the observation body by body, with zeros where a body has fewer masses or springs than another."""
        own = self.layout
        masses, springs = own.padded(self.masses, own.mass_mask), own.padded(self.springs, own.spring_mask)
        return PaddedObservation(self.bodies, masses, springs, own.mass_mask, own.spring_mask)


def observe(
    layout: BodyLayout,
    positions: torch.Tensor,
    velocities: torch.Tensor,
    rest_lengths: torch.Tensor,
    alive: torch.Tensor,
    time: float,
) -> Observation:
    """Return what is seen of bodies.

    Args:
        layout: of the bodies.
        positions: of the masses, in world frame [m], shape (masses, dim).
        velocities: [m/s], shape (masses, dim).
        rest_lengths: of the springs [m], shape (springs,).
        alive: which bodies have not diverged, bool, shape (bodies,).
        time: since the episode's start [s].
    """
    sound = alive[layout.body_of_mass][:, None]
    # Zeros in place of what is not finite, before anything is computed of it: 0 times NaN is NaN in reverse too.
    positions = torch.where(sound, positions, torch.zeros_like(positions))
    velocities = torch.where(sound, velocities, torch.zeros_like(velocities))
    state = torch.cat([positions, velocities], dim=1)
    dimension = positions.shape[1]
    means = layout.mean(state)
    own = state.clone()
    own[:, :dimension] -= means[layout.body_of_mass, :dimension]
    first, second = own[layout.ends[0]], own[layout.ends[1]]
    across = second - first
    along, rates = across[:, :dimension], across[:, dimension:]
    # A spring of no length has no direction; so small a number changes no other length.
    lengths = torch.sqrt((along * along).sum(dim=1) + 1e-24)
    strains = lengths / rest_lengths - alive[layout.body_of_spring].to(lengths.dtype)
    strain_rates = (along * rates).sum(dim=1) / (lengths * rest_lengths)
    springs = torch.cat([torch.stack([strains, strain_rates], dim=1), (first + second) / 2], dim=1)
    return Observation(time, means, own, springs, layout)
