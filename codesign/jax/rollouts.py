"""Whole episodes of bodies as functions of JAX's arrays."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np

from codesign.api import Problem
from codesign.body import Bodies
from codesign.differentiable import MATERIAL, Actuation, Diverged, Episode, of_controllers, require_window
from codesign.errors import CodesignError, MemoryBudgetError
from codesign.jax.operators import Operator


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["loss", "task_state", "positions", "velocities"],
    meta_fields=[],
)
@dataclass(frozen=True)
class RolloutResult:
    """An episode of a batch of bodies. The masses of all bodies stand one after the other, as in `codesign.Bodies`.

    Attributes:
        loss: of each body, lower is better, infinite or NaN where it diverged, shape (bodies,).
        task_state: what the task kept, in the order of `problem.spec.task.state`, shape (bodies, numbers).
        positions: of the masses in world frame [m], from the start to the end, shape (steps + 1, masses, dim); None
            for a rollout without paths.
        velocities: of the masses [m/s], likewise.
    """

    loss: jax.Array
    task_state: jax.Array
    positions: jax.Array | None = None
    velocities: jax.Array | None = None


class Rollout:
    """Whole episodes of a batch of bodies as a function that `jit`, `grad` and `vmap` transform.

    It makes what it needs of the simulator when it is first traced, and keeps it until the process ends, since compiled
    functions may call it. It computes in the problem's precision (float64 needs `jax_enable_x64`) on the problem's
    device, which has to be JAX's too. Under `vmap`, over weights or any other inputs, all batches are simulated
    together, as one batch of more bodies. It has first derivatives in reverse mode only (`grad`, `vjp`, `jacrev`).

    Args:
        problem: what moves the bodies, where, and what their loss is.
        bodies: genomes, bodies, or whatever else `Problem.evaluate` takes.
        steps: length of the episode in steps of the simulation; the problem's if not given.
        world: number of the problem's worlds that the bodies are in.
        paths: whether positions and velocities at all steps are returned, and differentiated; calls without them are
            faster.
        diverged: what a body gets whose motion diverges: "zero", a loss of infinity and gradients of zero, or "nan",
            NaN in both. The numbers of other bodies do not change.

    Raises:
        TypeError: no problem.
        ValueError: what stands for no bodies, bodies that differ in their dimension, an argument out of range, or a
            problem in float64 where JAX has none.

    Example:
        >>> import codesign, codesign.jax, jax
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> simulate = codesign.jax.Rollout(problem, problem.random(4))
        >>> gradient = jax.jit(jax.grad(lambda weights: simulate(weights).loss.sum()))
        >>> gradient(simulate.initial_weights()).shape == simulate.initial_weights().shape
        True
    """

    def __init__(
        self,
        problem: Problem,
        bodies: Any,
        *,
        steps: int | None = None,
        world: int = 0,
        paths: bool = True,
        diverged: Diverged = "zero",
    ) -> None:
        if not isinstance(problem, Problem):
            got, remedy = type(problem).__name__, "make one, for example codesign.Problem(task='walk')"
            raise TypeError(f"expected a codesign.Problem; got {got}; {remedy}")
        if diverged not in get_args(Diverged):
            raise ValueError(f"expected diverged to be 'zero' or 'nan'; got {diverged!r}; choose one of them")
        with _in_jax():
            own: Bodies = problem.bodies(bodies)
            require_window(problem.spec, own, steps, world)
        self.problem, self.bodies = problem, own
        self._settings: dict[str, Any] = {"steps": steps, "world": world, "diverged": diverged}
        self._dtype = np.dtype(problem.spec.execution.precision)
        if jax.dtypes.canonicalize_dtype(self._dtype) != self._dtype:
            remedy = 'set jax.config.update("jax_enable_x64", True), or compute in float32'
            raise ValueError(f"expected JAX with float64 for a problem in float64; got float32 alone; {remedy}")
        self._paths = paths
        self._families: dict[tuple[Actuation, bool], dict[int, Operator]] = {}

    def initial_weights(self, *, seed: int | None = None) -> jax.Array:
        """Return first weights of the controllers of all bodies, as `Problem.initial_weights`, shape (weights,).

        Where bodies learn too (`learner.body`), weights of bodies are not among them.

        Args:
            seed: of these weights; the problem's if not given.
        """
        with _in_jax():
            flat = self.problem.initial_weights(self.bodies, seed=seed).flat
        return jnp.asarray(flat[of_controllers(self.problem.spec, self.bodies)], self._dtype)

    def __call__(
        self,
        weights: Any = None,
        *,
        actuation: Any = None,
        positions: Any = None,
        velocities: Any = None,
        rest_lengths: Any = None,
        stiffness: Any = None,
        swings: Any = None,
        masses: Any = None,
        damping: Any = None,
        force_limits: Any = None,
    ) -> RolloutResult:
        """Simulate an episode.

        Arrays of JAX have to be of the problem's precision; others are converted. Give weights, or actuation in their
        place. Numbers are not looked at: a body that gets NaN has diverged.

        Args:
            weights: of the controllers, body after body as in `initial_weights`, shape (weights,).
            actuation: what muscles follow instead of a controller, from -1 to 1, of the springs of all bodies, shape
                (steps, springs), or held for the whole episode, shape (springs,).
            positions: where masses start, in world frame [m], shape (masses, dim); where the terrain puts the bodies if
                not given.
            velocities: what they start with [m/s], shape (masses, dim); at rest if not given.
            rest_lengths: of the springs [m], shape (springs,).
            stiffness: of the springs [N/m], shape (springs,).
            swings: largest changes of rest lengths by actuation, as shares of them, shape (springs,).
            masses: [kg], shape (masses,).
            damping: of the springs [N s/m], shape (springs,).
            force_limits: largest forces of muscles [N], shape (springs,).

        Raises:
            TypeError: another type of numbers than the problem's precision.
            ValueError: both or none of weights and actuation, or another shape.
            RuntimeError: bodies that do not fit into the memory.
        """
        if (weights is None) == (actuation is None):
            got, remedy = ("both", "leave one out") if weights is not None else ("neither", "give one of them")
            raise ValueError(f"expected weights of controllers or an actuation; got {got}; {remedy}")
        given = {
            **{"weights": weights, "actuation": actuation, "positions": positions, "velocities": velocities},
            **{"rest_lengths": rest_lengths, "stiffness": stiffness, "swings": swings},
            **{"masses": masses, "damping": damping, "force_limits": force_limits},
        }
        form: Actuation = "controller" if actuation is None else "held" if jnp.ndim(actuation) == 1 else "steps"
        if weights is not None and self.problem.spec.learner.body.learned:
            self._require_no_bodies(weights)
        operator = self._operator(form, any(given[name] is not None for name in MATERIAL))
        episode = operator.episode
        defaults = episode.defaults()
        inputs = [
            self._array(name, defaults[name] if given.get(name) is None else given[name], shape)
            for name, shape in episode.shapes.items()
        ]
        return RolloutResult(**dict(zip(operator.outputs, _simulate(operator, *inputs), strict=True)))

    def _array(self, name: str, given: Any, shape: tuple[int, ...]) -> jax.Array:
        if isinstance(given, jax.Array) and given.dtype != self._dtype:
            remedy = "convert it with astype, or change the problem's precision"
            raise TypeError(f"expected {name} of {self._dtype}; got {given.dtype}; {remedy}")
        try:
            if np.iscomplexobj(given):
                raise TypeError
            array = jnp.asarray(given, self._dtype)
        except (TypeError, ValueError):
            got, remedy = type(given).__name__, "give an array of real numbers"
            raise TypeError(f"expected {name} as an array; got {got}; {remedy}") from None
        if array.shape != shape:
            raise ValueError(f"expected {name} of shape {shape}; got {array.shape}; give one number for each")
        return array

    def _require_no_bodies(self, weights: Any) -> None:
        """Check that weights are not those of whole designs, which hold what bodies learn.

        Raises:
            ValueError: they are.
        """
        own = of_controllers(self.problem.spec, self.bodies)
        if np.shape(weights) == own.shape:
            got = f"{len(own)}, with those of bodies, which learn too"
            remedy = "leave these out as Rollout.initial_weights does, or make the problem without learner.body"
            raise ValueError(f"expected the {own.sum()} weights of controllers; got {got}; {remedy}")

    def _operator(self, form: Actuation, material: bool) -> Operator:
        """Return the operator of the bodies themselves; `vmap` makes those of several copies."""
        family = self._families.setdefault((form, material), {})
        make = partial(self._episode, form, material)
        return family[1] if family else Operator(make, 1, paths=self._paths, family=family)

    def _episode(self, form: Actuation, material: bool, copies: int) -> Episode:
        bodies = self.bodies.take(np.tile(np.arange(len(self.bodies)), copies))
        with _in_jax():
            return Episode(self.problem.spec, bodies, actuation=form, material_properties=material, **self._settings)


_kept_lock = threading.Lock()


def rollout(
    problem: Problem,
    bodies: Any,
    weights: Any = None,
    *,
    steps: int | None = None,
    world: int = 0,
    paths: bool = True,
    diverged: Diverged = "zero",
    **inputs: Any,
) -> RolloutResult:
    """Simulate one episode of bodies as a function of JAX's arrays; see `Rollout` for arguments and errors.

    Called again with equal bodies and settings, it uses the simulator of before: a problem keeps that of the last ones.
    The memory of those before is not given back, so who goes to and fro between batches keeps a `Rollout` of each.

    Example:
        >>> import codesign, codesign.jax, jax
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> bodies = problem.bodies(problem.random(4))
        >>> actuation = jax.numpy.zeros((60, len(bodies.springs)))
        >>> codesign.jax.rollout(problem, bodies, actuation=actuation).positions.shape[0]
        61
    """
    made = Rollout(problem, bodies, steps=steps, world=world, paths=paths, diverged=diverged)  # no simulator yet
    key = made.bodies.checksum(), steps, world, paths, diverged
    with _kept_lock:
        kept = problem.kept.get("jax")
        if kept is None or kept[0] != key:
            kept = problem.kept["jax"] = key, made
    return kept[1](weights, **inputs)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _simulate(operator: Operator, *inputs: jax.Array) -> tuple[jax.Array, ...]:
    return tuple(operator.forward(*inputs)[:-1])


def _forward(operator: Operator, *inputs: jax.Array) -> tuple[tuple[jax.Array, ...], tuple[jax.Array, ...]]:
    *outputs, number = operator.forward(*inputs)
    return tuple(outputs), (*inputs, number)


def _reverse(
    operator: Operator, kept: tuple[jax.Array, ...], cotangents: tuple[jax.Array, ...]
) -> tuple[jax.Array, ...]:
    return tuple(operator.reverse(*kept, *cotangents))


_simulate.defvjp(_forward, _reverse)


@contextmanager
def _in_jax() -> Iterator[None]:
    """Tell mistakes of users as JAX would: too little memory by RuntimeError, the rest by ValueError."""
    try:
        yield
    except MemoryBudgetError as error:
        raise RuntimeError(str(error)) from None
    except CodesignError as error:
        raise ValueError(str(error)) from None
