"""The model in PyTorch: a step of many worlds as a few operations, segments computed again on the way back."""

# The library is an extra: types are checked where it is installed.
# pyright: reportMissingImports=false
import importlib
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.case import CONTROLLER, TERRAIN, Batch, Batching, Case, batches, flat_weights, segment_of
from codesign.machine import available_cores

TINY = 1.0e-30
"""Added to squared lengths, so that the derivative of a length of zero is zero and not NaN."""


@dataclass(frozen=True)
class Tuning:
    """What decides the speed and no result; README.md says what was tried.

    Attributes:
        batching: of worlds of different sizes.
        threads: that run batches at the same time, each with operations on one core.
        compiled: whether a step is compiled (`torch.compile`), which fuses its operations; with one thread only.
    """

    batching: Batching
    threads: int
    compiled: bool


def tuning(worlds: int) -> Tuning:
    """Return what is fastest for a number of worlds on the device that PyTorch found."""
    if torch.cuda.is_available():
        return Tuning(Batching(growth=math.inf, worlds=worlds), 1, compiled=True)
    threads = available_cores()
    # Each operation costs microseconds whatever its size: few large batches, but one for each thread.
    return Tuning(Batching(growth=1.0, worlds=min(256, math.ceil(worlds / threads))), threads, compiled=False)


@dataclass(frozen=True)
class Body:
    """A batch's bodies with their spring constants multiplied out: a pull is c0 - (c1 + c2 act) / length.

    Attributes:
        start: where masses start, shape (size, 2, masses).
        mask: one for a mass, zero for padding, shape (size, masses).
        fall: speed that a step adds, shape (size, 2, masses).
        ends: first and second masses of all springs, for both axes, shape (size, 2, 2 springs).
        incidence: entries of `(impulse, -impulse, 0)` at all masses, for both axes, shape (size, 2, degree masses).
        c0, c1, c2: shape (size, springs).
    """

    start: Tensor
    mask: Tensor
    fall: Tensor
    ends: Tensor
    incidence: Tensor
    c0: Tensor
    c1: Tensor
    c2: Tensor


class TorchPeer:
    """Simulates and differentiates a case with PyTorch, on a GPU where it finds one.

    Args:
        case: what to compute.
        precision: "float32" or "float64".
        tuned: what decides the speed.
    """

    name = "PyTorch"

    def __init__(self, case: Case, precision: str = "float32", tuned: Tuning | None = None) -> None:
        tuned = tuned or tuning(len(case.bodies))
        self._where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.device = torch.cuda.get_device_name() if self._where.type == "cuda" else "cpu"
        torch.set_num_threads(max(available_cores() // tuned.threads, 1))
        self._case = case
        self._batches = batches(case, tuned.batching, precision)
        self._waves = self._put(case.waves().astype(precision))
        self._bodies = [self._body(batch) for batch in self._batches]
        self._weights = [
            {name: self._put(values).requires_grad_() for name, values in batch.weights.items()}
            for batch in self._batches
        ]
        physics = case.physics
        step = Step(physics.dt, physics.drag, TERRAIN.ground_height)
        self._step = _compiled(step) if tuned.compiled else step
        self._pool = ThreadPoolExecutor(tuned.threads)

    def forward(self) -> np.ndarray:
        """Return the losses, shape (worlds,)."""

        def compute(body: Body, weights: dict[str, Tensor]) -> Tensor:
            with torch.no_grad():
                return _losses(self._step, self._waves, body, weights)

        return self._gathered(list(self._pool.map(compute, self._bodies, self._weights)))

    def both(self) -> np.ndarray:
        """Return the losses, shape (worlds,), with their gradient computed."""

        def compute(body: Body, weights: dict[str, Tensor]) -> Tensor:
            for weight in weights.values():
                weight.grad = None
            losses = _losses(self._step, self._waves, body, weights)
            losses.sum().backward()
            return losses.detach()

        return self._gathered(list(self._pool.map(compute, self._bodies, self._weights)))

    def gradient(self) -> np.ndarray:
        """Return the gradient that `both` computed last, shape (weights,)."""
        flat = np.zeros_like(self._case.weights)
        for batch, weights in zip(self._batches, self._weights, strict=True):
            found = {name: part.grad.cpu().numpy() for name, part in weights.items() if part.grad is not None}
            flat_weights(self._case, batch, found, flat)
        return flat

    def _gathered(self, losses: list[Tensor]) -> np.ndarray:
        found = [own.cpu().numpy() for own in losses]
        gathered = np.zeros(len(self._case.bodies), found[0].dtype)
        for batch, own in zip(self._batches, found, strict=True):
            gathered[batch.worlds] = own[: len(batch.worlds)]
        return gathered

    def _put(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._where)

    def _body(self, batch: Batch) -> Body:
        physics = self._case.physics
        pull = physics.dt * batch.stiffness
        fall = np.zeros_like(batch.positions)
        fall[:, 1] = physics.dt * physics.gravity * batch.mask
        ends = np.concatenate([batch.first, batch.second], axis=1).astype(np.int64)
        incidence = batch.incidence.transpose(0, 2, 1).reshape(len(batch.mask), -1).astype(np.int64)
        both = [np.repeat(index[:, None], 2, axis=1) for index in (ends, incidence)]
        pulls = (pull, pull * batch.rest, pull * batch.rest * batch.swing)
        return Body(*(self._put(part) for part in (batch.positions, batch.mask, fall, *both, *pulls)))


def _compiled(step: "Step") -> Any:
    # A limit of 8 sizes, precisions and grids would be met silently, by running the step uncompiled.
    importlib.import_module("torch._dynamo").config.recompile_limit = 256
    return torch.compile(step, dynamic=False)


def _losses(step: Any, waves: Tensor, body: Body, weights: dict[str, Tensor]) -> Tensor:
    """Return the losses of a batch's worlds, shape (size,).

    What the network sees is linear in the state, so that the centre of mass and the scale go into its weights; what it
    gets from time alone is one product for the whole episode.
    """
    count = body.mask.sum(-1).clamp(min=1.0)
    place, speed = weights["state"].split(2, dim=2)
    place = (place - place.sum(-1, keepdim=True) / count[:, None, None, None]) * body.mask[:, None, None]
    state = CONTROLLER.input_scale * torch.cat([place, speed], 2).flatten(2).mT.contiguous()
    drive = torch.einsum("tn,bhn->tbh", waves, weights["sines"]) + weights["ones"].sum(-1) + weights["hidden_bias"]
    out = weights["out"].mT.contiguous()
    moving = torch.cat([body.start, torch.zeros_like(body.start)], 1)
    for part in drive.split(segment_of(len(waves))):
        moving = _Segment.apply(step, body, moving, part, state, out, weights["out_bias"])
    return ((body.start[:, 0] - moving[:, 0]) * body.mask).sum(-1) / count


class _Segment(torch.autograd.Function):
    """Some steps; in reverse they are computed again.

    That gives the derivatives in the arguments of tanh at every step; those in the weights are then one matrix product
    per segment, instead of an outer product added up in every step.
    """

    @staticmethod
    def forward(
        ctx: Any, step: Any, body: Body, moving: Tensor, drive: Tensor, state: Tensor, out: Tensor, out_bias: Tensor
    ) -> Tensor:
        ctx.step, ctx.body = step, body
        ctx.save_for_backward(moving, drive, state, out, out_bias)
        for driven in drive.unbind():
            moving, _ = step(body, moving, driven, state, out, out_bias)
        return moving

    @staticmethod
    def backward(ctx: Any, *passed: Tensor) -> tuple[Tensor | None, ...]:
        moving, drive, state, out, out_bias = (kept.detach() for kept in ctx.saved_tensors)
        # Leaves of each step, so that no operation splits or joins their derivatives.
        drives = [driven.requires_grad_() for driven in drive.unbind()]
        pushes = [out_bias.clone().requires_grad_() for _ in drives]
        features, hiddens = [], []
        with torch.enable_grad():
            begin = moving.requires_grad_()
            for driven, push in zip(drives, pushes, strict=True):
                features.append(moving.detach().flatten(1))
                moving, hidden = ctx.step(ctx.body, moving, driven, state, out, push)
                hiddens.append(hidden.detach())
            found = torch.autograd.grad(moving, [begin, *drives, *pushes], passed[0])
        count = len(drives)
        in_drive, in_push = torch.stack(found[1 : count + 1], 1), torch.stack(found[count + 1 :], 1)
        in_state = torch.bmm(torch.stack(features, 1).mT, in_drive)
        in_out = torch.bmm(torch.stack(hiddens, 1).mT, in_push)
        return None, None, found[0], in_drive.transpose(0, 1), in_state, in_out, in_push.sum(1)


@dataclass(frozen=True)
class Step:
    """One step of a batch.

    Attributes:
        dt: its length [s].
        drag: factor on velocities.
        ground: height of the ground [m].
    """

    dt: float
    drag: float
    ground: float

    def __call__(
        self, body: Body, moving: Tensor, drive: Tensor, state: Tensor, out: Tensor, out_bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return positions and velocities after the step, shape (size, 4, masses), and the hidden units."""
        # A row times a matrix: here PyTorch takes nine times as long for a matrix times a column.
        hidden = torch.tanh(torch.baddbmm(drive[:, None], moving.flatten(1)[:, None], state))
        act = torch.tanh(torch.baddbmm(out_bias[:, None], hidden, out)[:, 0])
        x, v = moving[:, :2], moving[:, 2:]
        along: Tensor = _Between.apply(x, body)  # pyright: ignore[reportAssignmentType]
        length = torch.sqrt((along * along).sum(1) + TINY) + 1.0e-4
        pull = along * (body.c0 - (body.c1 + body.c2 * act) / length)[:, None]
        impulse: Tensor = _SumAtMasses.apply(pull, body)  # pyright: ignore[reportAssignmentType]
        free = self.drag * v + impulse + body.fall
        reached = x + self.dt * free
        time = ((x[:, 1] - self.ground).abs() / (free[:, 1].abs() + 1.0e-10)).clamp(0.0, self.dt)
        touch = x + time[:, None] * free
        stopped = torch.stack([touch[:, 0], torch.where(touch[:, 1] < self.ground, self.ground, touch[:, 1])], 1)
        held = ((reached[:, 1] < self.ground) & (free[:, 1] < -1.0e-4))[:, None]
        return torch.cat([torch.where(held, stopped, reached), torch.where(held, 0.0, free)], 1), hidden[:, 0]


# Ends of springs and sums at masses are each other's transpose; so each gathers in reverse instead of scattering.
def _ends(x: Tensor, body: Body) -> Tensor:
    first, second = x.gather(2, body.ends).chunk(2, dim=2)
    return first - second


def _sums(impulse: Tensor, body: Body) -> Tensor:
    signed = torch.cat([impulse, -impulse, torch.zeros_like(impulse[..., :1])], 2)
    return signed.gather(2, body.incidence).unflatten(2, (-1, body.start.shape[2])).sum(2)


class _Between(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, body: Body) -> Tensor:
        ctx.body = body
        return _ends(x, body)

    @staticmethod
    def backward(ctx: Any, *passed: Tensor) -> tuple[Tensor, None]:
        return -_sums(passed[0], ctx.body), None


class _SumAtMasses(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, impulse: Tensor, body: Body) -> Tensor:
        ctx.body = body
        return _sums(impulse, body)

    @staticmethod
    def backward(ctx: Any, *passed: Tensor) -> tuple[Tensor, None]:
        return -_ends(passed[0], ctx.body), None
