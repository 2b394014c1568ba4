"""The model in JAX: batches of similar size, a scan over time, segments computed again on the way back."""

# The library is an extra: types are checked where it is installed.
# pyright: reportMissingImports=false
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.sharding import NamedSharding, PartitionSpec

from benchmarks.case import CONTROLLER, TERRAIN, Batch, Batching, Case, batches, flat_weights, segment_of
from codesign.machine import available_cores

TINY = 1.0e-30
"""Added to squared lengths, so that the derivative of a length of zero is zero and not NaN."""

CACHED = 2**17
"""Weights of a batch on one core: half a MiB in single precision, what a core's second cache holds."""


@cache
def devices() -> list[Any]:
    """Return what JAX computes on: a GPU, or every core as a device.

    XLA runs a loop of small operations on one core of a device.
    """
    jax.config.update("jax_num_cpu_devices", available_cores())
    return jax.devices() if jax.default_backend() == "cpu" else jax.devices()[:1]


def batching() -> Batching:
    """Return what is fastest: on a CPU batches that stay in a core's cache, on a GPU one batch."""
    if devices()[0].platform == "cpu":
        return Batching(growth=1.2, worlds=32, parts=len(devices()), weights=CACHED)
    return Batching(growth=math.inf, worlds=65536)


@dataclass(frozen=True)
class Steps:
    """The model's constants."""

    dt: float
    drag: float
    gravity: float
    ground: float


class JaxPeer:
    """Simulates and differentiates a case with JAX, on a GPU where it finds one.

    Args:
        case: what to compute.
        precision: "float32" or "float64".
        batched: how worlds are put together, the fastest way if not given.
    """

    name = "JAX"

    def __init__(self, case: Case, precision: str = "float32", batched: Batching | None = None) -> None:
        self._case, self._precision, physics = case, precision, case.physics
        mesh = jax.make_mesh((len(devices()),), ("worlds",), devices=devices())
        self.device = f"{len(devices())} x {devices()[0].device_kind}"
        self._batches = batches(case, batched or self._batching(), precision)
        steps = Steps(physics.dt, physics.drag, physics.gravity, TERRAIN.ground_height)
        losses = self._losses(steps, case.waves().astype(precision))

        def total(weights: Any, body: Any) -> tuple[jax.Array, jax.Array]:
            found = losses(weights, body)
            return found.sum(), found

        def shared(compute: Any) -> Any:
            split = PartitionSpec("worlds")
            return jax.jit(jax.shard_map(compute, mesh=mesh, in_specs=split, out_specs=split, check_vma=False))

        self._forward, self._both = shared(losses), shared(jax.grad(total, has_aux=True))
        with jax.enable_x64(precision == "float64"):
            inputs = [(batch.weights, self._body(batch, physics.dt)) for batch in self._batches]
            self._inputs = jax.device_put(inputs, NamedSharding(mesh, PartitionSpec("worlds")))
        self._gradients: list[Any] = []

    def forward(self) -> np.ndarray:
        """Return the losses, shape (worlds,)."""
        return self._gathered(self._run(self._forward))

    def both(self) -> np.ndarray:
        """Return the losses, shape (worlds,), with their gradient computed."""
        found = self._run(self._both)
        self._gradients = [gradient for gradient, _ in found]
        return self._gathered([losses for _, losses in found])

    def gradient(self) -> np.ndarray:
        """Return the gradient that `both` computed last, shape (weights,)."""
        flat = np.zeros_like(self._case.weights)
        for batch, gradient in zip(self._batches, self._gradients, strict=True):
            flat_weights(self._case, batch, {name: np.asarray(part) for name, part in gradient.items()}, flat)
        return flat

    # What follows is the model, and all that another way to write it in JAX differs in.
    def _batching(self) -> Batching:
        """Return how worlds are put together, where nobody says it."""
        return batching()

    def _body(self, batch: Batch, dt: float) -> dict[str, np.ndarray]:
        """Return what the losses need of a batch beside its weights, each with the worlds as first axis."""
        return _body(batch, dt)

    def _losses(self, steps: Steps, waves: np.ndarray) -> Callable[[Any, Any], jax.Array]:
        """Return the function from weights and bodies of worlds to their losses, shape (size,)."""
        return partial(_losses, steps, segment_of(len(waves)), waves)

    def _run(self, compute: Any) -> list[Any]:
        with jax.enable_x64(self._precision == "float64"):
            return jax.block_until_ready([compute(*inputs) for inputs in self._inputs])

    def _gathered(self, losses: list[Any]) -> np.ndarray:
        gathered = np.zeros(len(self._case.bodies), self._precision)
        for batch, own in zip(self._batches, losses, strict=True):
            gathered[batch.worlds] = np.asarray(own)[: len(batch.worlds)]
        return gathered


def _body(batch: Batch, dt: float) -> dict[str, np.ndarray]:
    """Return a batch's bodies with their spring constants multiplied out: a pull is c0 - (c1 + c2 act) / length."""
    pull = dt * batch.stiffness
    return {
        "start": batch.positions,
        "mask": batch.mask,
        "first": batch.first,
        "second": batch.second,
        "c0": pull,
        "c1": pull * batch.rest,
        "c2": pull * batch.rest * batch.swing,
    }


def _losses(steps: Steps, length: int, waves: np.ndarray, weights: Any, body: Any) -> jax.Array:
    """Return the losses of a batch's worlds, shape (size,).

    What the network sees is linear in the state, so that the centre of mass and the scale go into its weights; what it
    gets from time alone is one product for the whole episode.
    """
    start, mask = body["start"], body["mask"]
    size, hidden = weights["hidden_bias"].shape
    count = jnp.maximum(mask.sum(-1), 1.0)
    place, speed = jnp.split(weights["state"], 2, axis=2)
    place = (place - place.sum(-1, keepdims=True) / count[:, None, None, None]) * mask[:, None, None]
    state = CONTROLLER.input_scale * jnp.concatenate([place, speed], 2).reshape(size, hidden, -1)
    drive = jnp.einsum("tn,bhn->tbh", waves, weights["sines"]) + weights["ones"].sum(-1) + weights["hidden_bias"]
    network = {"state": state, "out": weights["out"], "out_bias": weights["out_bias"]}
    moving = (start, jnp.zeros_like(start))

    def advance(moving: Any, drive: jax.Array) -> tuple[Any, None]:
        return _segment(steps, network, body, moving, drive), None

    moving, _ = lax.scan(advance, moving, drive.reshape(-1, length, size, hidden))
    return ((start[:, 0] - moving[0][:, 0]) * mask).sum(-1) / count


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _segment(steps: Steps, network: Any, body: Any, moving: Any, drive: jax.Array) -> Any:
    """Return the state after as many steps as there are drives.

    In reverse, a segment is computed again and gives the derivatives in the arguments of tanh at every step; those in
    the weights are then one matrix product per segment, instead of an outer product added up in every step.
    """
    return _trace(steps, network, body, moving, drive, _no_push(network, drive))[0]


def _segment_forward(steps: Steps, network: Any, body: Any, moving: Any, drive: jax.Array) -> tuple[Any, Any]:
    return _segment(steps, network, body, moving, drive), (network, body, moving, drive)


def _segment_reverse(steps: Steps, kept: Any, passed: Any) -> tuple[Any, ...]:
    network, body, moving, drive = kept
    trace = partial(_trace, steps, network, body)
    _, pull, (features, hidden) = jax.vjp(trace, moving, drive, _no_push(network, drive), has_aux=True)
    in_moving, in_drive, in_push = pull(passed)
    in_network = {
        "state": jnp.einsum("tbh,tbi->bhi", in_drive, features),
        "out": jnp.einsum("tbs,tbh->bsh", in_push, hidden),
        "out_bias": in_push.sum(0),
    }
    return in_network, None, in_moving, in_drive


_segment.defvjp(_segment_forward, _segment_reverse)  # pyright: ignore[reportFunctionMemberAccess] - without JAX


def _no_push(network: Any, drive: jax.Array) -> jax.Array:
    return jnp.zeros((len(drive), *network["out_bias"].shape), drive.dtype)


@partial(jax.vmap, in_axes=(None, 0, 0, 0, 1, 1), out_axes=(0, 1))
def _trace(steps: Steps, network: Any, body: Any, moving: Any, drive: jax.Array, push: jax.Array) -> Any:
    """Return the state at a segment's end, and what its weights were multiplied with at every step."""
    # What the physics needs in reverse is cheaper to compute again than to keep, except after a gather or scatter.
    keep = jax.checkpoint_policies.save_only_these_names("along", "pulled")
    move = jax.checkpoint(partial(_move, steps, body), policy=keep)

    def step(moving: Any, driven: Any) -> Any:
        features = jnp.concatenate([part.ravel() for part in moving])
        hidden = jnp.tanh(network["state"] @ features + driven[0])
        act = jnp.tanh(network["out"] @ hidden + network["out_bias"] + driven[1])
        return move(*moving, act), (features, hidden)

    return lax.scan(step, moving, (drive, push))


def _move(steps: Steps, body: Any, x: jax.Array, v: jax.Array, act: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return positions and velocities after a step, both of shape (2, masses)."""
    along = checkpoint_name(_between(x, body), "along")
    length = jnp.sqrt((along * along).sum(0) + TINY) + 1.0e-4
    impulse = along * (body["c0"] - (body["c1"] + body["c2"] * act) / length)
    pulled = checkpoint_name(_sum_at_masses(impulse, body), "pulled")
    fall = steps.dt * steps.gravity * body["mask"]
    free = steps.drag * v + pulled + jnp.stack([jnp.zeros_like(fall), fall])
    reached = x + steps.dt * free
    time = jnp.clip(jnp.abs(x[1] - steps.ground) / (jnp.abs(free[1]) + 1.0e-10), 0.0, steps.dt)
    touch = x + time * free
    stopped = jnp.stack([touch[0], jnp.where(steps.ground > touch[1], steps.ground, touch[1])])
    held = (reached[1] < steps.ground) & (free[1] < -1.0e-4)
    return jnp.where(held, stopped, reached), jnp.where(held, 0.0, free)


# Ends of springs and sums at masses are each other's transpose, which JAX would not find by itself as cheaply.
def _ends(x: jax.Array, body: Any) -> jax.Array:
    return _take(x, body["first"]) - _take(x, body["second"])


def _sums(impulse: jax.Array, body: Any) -> jax.Array:
    still = jnp.zeros((2, *body["mask"].shape), impulse.dtype)
    pulled = still.at[:, body["first"]].add(-impulse, mode="promise_in_bounds")
    return pulled.at[:, body["second"]].add(impulse, mode="promise_in_bounds")


def _take(values: jax.Array, index: jax.Array) -> jax.Array:
    return values.at[:, index].get(mode="promise_in_bounds")


_between = jax.custom_vjp(_ends)
_between.defvjp(lambda x, body: (_ends(x, body), body), lambda body, passed: (-_sums(passed, body), None))
_sum_at_masses = jax.custom_vjp(_sums)
_sum_at_masses.defvjp(lambda x, body: (_sums(x, body), body), lambda body, passed: (-_ends(passed, body), None))
