"""Inputs of an episode away from where it has kinks, such as masses that just touch the ground."""

from collections.abc import Mapping
from typing import Any

import torch

from codesign.torch.operators import Operator

SCALED = ("rest_lengths", "stiffness", "swings", "masses", "damping", "force_limits")
"""Inputs that are far from 1, which differences are taken of as factors."""


def smooth_inputs(operator: Operator, steps: int) -> dict[str, torch.Tensor]:
    """Return every input of an operator by name: bodies a little above the ground, that fall and move."""
    generator = torch.Generator().manual_seed(0)
    found = {name: torch.as_tensor(each) for name, each in operator.episode.defaults().items()}
    found["positions"][:, -1] += 0.003
    found["velocities"] = 0.2 * torch.randn(found["velocities"].shape, generator=generator, dtype=torch.float64)
    if "masses" in found:
        found["masses"] += 0.3 * torch.rand(found["masses"].shape, generator=generator).double()
        found["damping"] += 10 + 5 * torch.rand(found["damping"].shape, generator=generator).double()
        found["force_limits"] = 50 + 50 * torch.rand(found["damping"].shape, generator=generator).double()
    for name in ("weights", "actuation"):
        if name in operator.shapes:
            found[name] = 0.3 * torch.randn(operator.shapes[name], generator=generator, dtype=torch.float64)
    return found


def differentiable(found: Mapping[str, torch.Tensor], name: str) -> tuple[torch.Tensor, Any]:
    """Return a leaf and a function of it that returns all inputs, of which one is differentiated."""
    if name in SCALED:
        return torch.ones_like(found[name]).requires_grad_(), lambda leaf: {**found, name: leaf * found[name]}
    return found[name].clone().requires_grad_(), lambda leaf: {**found, name: leaf}
