"""The model in JAX as one writes it in an afternoon: a robot's step in `jnp`, then `scan`, `vmap`, `grad` and `jit`."""

# The library is an extra: types are checked where it is installed.
# pyright: reportMissingImports=false
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.case import CONTROLLER, Batch, Batching, segment_of
from benchmarks.jax_peer import TINY, JaxPeer, Steps, devices


class PlainJaxPeer(JaxPeer):
    """Simulates and differentiates a case with JAX and none of the tuned peer's tricks.

    All worlds are one batch, padded to the largest body and split among the devices, of which every core is one.
    Arguments are those of `JaxPeer`.
    """

    name = "JAX, plain"

    def _batching(self) -> Batching:
        return Batching(growth=math.inf, worlds=65536, parts=len(devices()))

    def _body(self, batch: Batch, dt: float) -> dict[str, np.ndarray]:
        del dt
        return {
            "start": batch.positions.transpose(0, 2, 1),
            "mask": batch.mask,
            "first": batch.first,
            "second": batch.second,
            "rest": batch.rest,
            "stiffness": batch.stiffness,
            "swing": batch.swing,
        }

    def _losses(self, steps: Steps, waves: np.ndarray) -> Callable[[Any, Any], jax.Array]:
        return jax.vmap(lambda weights, body: _loss(steps, waves, weights, body))


def _loss(steps: Steps, waves: np.ndarray, weights: Any, body: Any) -> jax.Array:
    """Return the loss of one robot."""
    count = jnp.maximum(body["mask"].sum(), 1.0)
    network = _network(weights)

    @jax.checkpoint
    def segment(moving: Any, waves: jax.Array) -> tuple[Any, None]:
        return lax.scan(lambda moving, wave: (_step(steps, network, body, count, moving, wave), None), moving, waves)

    start = body["start"]
    segments = waves.reshape(-1, segment_of(len(waves)), CONTROLLER.sines)
    (x, _), _ = lax.scan(segment, (start, jnp.zeros_like(start)), segments)
    return ((start[:, 0] - x[:, 0]) * body["mask"]).sum() / count


def _network(weights: Any) -> tuple[jax.Array, ...]:
    """Return both layers' matrices and biases; the first multiplies sines, then the state of each mass, then ones."""
    hidden = len(weights["hidden_bias"])
    state = weights["state"].transpose(0, 2, 1).reshape(hidden, -1)
    first = jnp.concatenate([weights["sines"], state, weights["ones"]], axis=1)
    return first, weights["hidden_bias"], weights["out"], weights["out_bias"]


def _step(steps: Steps, network: Any, body: Any, count: jax.Array, moving: Any, wave: jax.Array) -> Any:
    """Return positions and velocities after a step, both of shape (masses, 2)."""
    x, v = moving
    mask = body["mask"][:, None]
    w1, b1, w2, b2 = network
    centred = (x - (x * mask).sum(0) / count) * mask
    state = CONTROLLER.input_scale * jnp.concatenate([centred, v], axis=1)
    features = jnp.concatenate([wave, state.ravel(), jnp.ones(2, x.dtype)])
    act = jnp.tanh(w2 @ jnp.tanh(w1 @ features + b1) + b2)

    first, second = body["first"], body["second"]
    along = x[second] - x[first]
    length = jnp.sqrt((along**2).sum(1) + TINY) + 1.0e-4
    rest = body["rest"] * (1.0 + body["swing"] * act)
    force = (body["stiffness"] * (length - rest) / length)[:, None] * along
    forces = jnp.zeros_like(x).at[first].add(force).at[second].add(-force)

    free = steps.drag * v + steps.dt * (forces + jnp.array([0.0, steps.gravity], x.dtype) * mask)
    reached = x + steps.dt * free
    time = jnp.clip(jnp.abs(x[:, 1] - steps.ground) / (jnp.abs(free[:, 1]) + 1.0e-10), 0.0, steps.dt)
    touch = x + time[:, None] * free
    touch = touch.at[:, 1].set(jnp.where(steps.ground > touch[:, 1], steps.ground, touch[:, 1]))
    held = ((reached[:, 1] < steps.ground) & (free[:, 1] < -1.0e-4))[:, None]
    return jnp.where(held, touch, reached), jnp.where(held, 0.0, free)
