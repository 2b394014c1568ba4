"""A window of episodes: it begins at any state, and takes cotangents of all its states; all numbers stay on the device.

Forwards it maps where bodies start, what they are like and what controls them to their states at every step, to what
the task keeps and to the loss; in reverse it maps cotangents of these back. Front ends of other frameworks call it.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.sim.conditions import Conditions
from codesign.sim.contracts import Controller
from codesign.sim.kernels.exchange import exchange_kernels
from codesign.sim.kernels.types import PRECISIONS
from codesign.sim.layout.packing import flat, integers_on
from codesign.sim.layout.world_parameters import factors_on_springs
from codesign.sim.settings import Execution, Physics
from codesign.sim.simulator import Simulator


class _Port(NamedTuple):
    """Where numbers of all bodies lie in a packed array: one frame, or one for every state."""

    packed: wp.array
    places: wp.array
    strides: wp.array
    frames: int = 1
    factor: float = 1.0


class Window(Simulator):
    """Bodies in one world each, for some steps of an episode, as a function of arrays with its derivative.

    The steps are those of `physics`. All of their states are held. Arrays that are given and returned have the
    precision of `execution`, lie on `device` and are flat in C order; their shapes are named as if they were not.

    Args:
        bodies: at least one.
        physics: forces, contact and the steps of the window.
        controller: what moves the bodies.
        conditions: of all worlds.
        execution: precision, device and threads.
        episode_steps: of the episode that the window is a part of.
        material_properties: whether masses, damping and force limits are inputs although all bodies have the defaults.

    Attributes:
        dtype: NumPy's type of all numbers.
        real: Warp's.

    Raises:
        ConfigError: as `Simulator`.
    """

    def __init__(
        self,
        bodies: Bodies,
        physics: Physics,
        controller: Controller,
        conditions: Conditions,
        execution: Execution,
        *,
        episode_steps: int,
        material_properties: bool = False,
    ) -> None:
        super().__init__(
            bodies,
            physics,
            controller,
            [conditions],
            execution,
            physical_gradients=True,
            episode_steps=episode_steps,
            material_properties=material_properties,
        )
        self.dtype, self.real = np.dtype(execution.precision), PRECISIONS[execution.precision]
        self._kernels = exchange_kernels(execution.precision)
        places = self._states.places(physics.steps)
        masses, springs = (np.diff(start) for start in (bodies.mass_start, bodies.spring_start))
        dimension, worlds = bodies.positions.shape[1], np.arange(self.worlds)
        self._owners = {
            "mass": self._integers(np.repeat(worlds, masses)),
            "coordinate": self._integers(np.repeat(worlds, masses * dimension)),
            "spring": self._integers(np.repeat(worlds, springs)),
            "weight": self._integers(np.repeat(worlds, np.diff(self.weight_start))),
            "task_state": self._integers(np.repeat(worlds, self.task.state_size)),
            "world": self._integers(worlds),
        }
        self._inputs, self._outputs, self._given, self._gradients = self._ports(places)
        last = self._integers(places["tape"] + physics.steps * places["stride"])
        self._kept: set[str] = set()  # whose cotangents of the last call are still in place of zeros
        size, steps = self.task.state_size, physics.steps
        after = (np.arange(self.worlds)[:, None] * (steps + 1) + steps) * size + np.arange(size)
        self._last_task_state = self._port(self._reals(self._states.tape.task_state), after)
        self._last = [port._replace(places=last, frames=1) for port in self._outputs.values()]

    @property
    def has_material_properties(self) -> bool:
        """Whether masses, damping and force limits are inputs."""
        return self._program.types.material_properties

    def begin(self, inputs: Mapping[str, wp.array], first_step: int = 0) -> None:
        """Set where the window begins, what bodies are like and what controls them.

        Args:
            inputs: by name, all of them: `weights` of all controllers as `load` takes them; `positions` [m] and
                `velocities` [m/s] of all masses, (masses, dimension); `rest_lengths` [m], `stiffness` [N/m] and
                `swings` of all springs; `task_state`, (worlds, state size). With material properties also `masses` [kg]
                of all masses, `damping` [N s/m] and `force_limits` [N] of all springs.
            first_step: step of the episode that the window begins at.
        """
        self._load(inputs["weights"])
        for name, port in self._inputs.items():
            self._scatter(inputs[name], port)
        if "masses" in self._inputs:
            model = self._model
            shares = [model.mass_start, model.masses, self._reals(model.mass), self._reals(model.mass_share)]
            self._launch(self._kernels.share, self.worlds, shares)
        wp.copy(self._reals(self._states.tape.snapshot_task_state), inputs["task_state"])
        self._world_parameters.first_step.fill_(first_step)

    def outputs(self, wanted: Collection[str]) -> dict[str, wp.array]:
        """Return what `forward` has found, as far as it is wanted, by name.

        Returns:
            `loss` of each world, as if the episode ended here; `positions` and `velocities`, (steps + 1, masses,
            dimension); `task_state`, (worlds, state size), after the window.
        """
        found = {"loss": wp.clone(self.loss)}
        found |= {name: self._gather(port) for name, port in self._outputs.items() if name in wanted}
        found["task_state"] = self._gather(self._last_task_state)
        return found

    def pull_back(self, cotangents: Mapping[str, wp.array]) -> dict[str, wp.array]:
        """Return the derivative of the sum of outputs times cotangents in all inputs, by the names of these.

        Args:
            cotangents: of outputs, by their names; those that are left out are zero.
        """
        adjoint = self._states.adjoint
        for name, packed in (("loss", adjoint.given_loss), ("task_state", self._reals(adjoint.given_task_state))):
            if name in cotangents:
                wp.copy(packed, cotangents[name], count=cotangents[name].size)
            else:
                packed.zero_()
        for name, port in self._given.items():
            if name in cotangents:
                self._scatter(cotangents[name], port)
            elif name in self._kept:
                port.packed.zero_()
        self._kept = set(cotangents)
        self.reverse()
        found = {"weights": self._read(self.gradient)}
        found |= {name: self._gather(port) for name, port in self._gradients.items()}
        found["task_state"] = wp.clone(self._reals(adjoint.task_state))
        return found

    def diverged(self) -> wp.array:
        """Return for each world whether its loss or its last state is not finite, as 0 or 1."""
        marks = wp.zeros(self.worlds, dtype=wp.int32, device=self.device)
        self._launch(self._kernels.mark, self.worlds, [self._owners["world"], self.loss, marks])
        for port in self._last:
            own = self._owners["coordinate"]
            self._launch(self._kernels.mark, own.size, [own, self._gather(port), marks])
        return marks

    def picked(self, values: wp.array, places: wp.array) -> wp.array:
        """Return numbers of an array in another order: number i is that at `places[i]`."""
        return self._gather(_Port(values, places, places))

    def put_back(self, values: wp.array, places: wp.array) -> wp.array:
        """Return the array of which `picked` would return these numbers."""
        found = self._unwritten(values.size)
        self._scatter(values, _Port(found, places, places))
        return found

    def fill(self, values: Mapping[str, wp.array], marks: wp.array, value: float) -> None:
        """Replace what belongs to marked worlds among inputs, or among losses, by a value."""
        owners = {
            "weights": "weight",
            "positions": "coordinate",
            "velocities": "coordinate",
            "task_state": "task_state",
            "loss": "world",
            "masses": "mass",
        }
        for name, array in values.items():
            own = self._owners[owners.get(name, "spring")]
            self._launch(self._kernels.fill, array.size, [own, marks, self.real(value), array])

    def _ports(self, places: dict[str, np.ndarray]) -> tuple[dict[str, _Port], ...]:
        """Return where inputs, states, their cotangents and the gradients of inputs lie."""
        tape, adjoint, steps = self._states.tape, self._states.adjoint, self.physics.steps
        stiffer, stronger = factors_on_springs(self.conditions)
        factors = {"stiffness": float(stiffer[0]), "swings": float(stronger[0])}
        parts = {"rest_lengths": "rest", "stiffness": "stiffness", "swings": "swing"}
        if self._program.types.material_properties:
            parts |= {"masses": "mass", "damping": "damping", "force_limits": "force_limit"}

        def part(name: str, packed: wp.array) -> _Port:
            slots = self._packed.mass_slots if name == "masses" else self._packed.spring_slots
            return self._port(packed, slots)._replace(factor=factors.get(name, 1.0))

        def states(record: Any, before: str, kind: str, frames: int = 1) -> dict[str, _Port]:
            rows = {"positions": f"{before}position_rows", "velocities": f"{before}velocity_rows"}
            strides = self._integers(places["stride"])
            return {
                name: _Port(self._reals(getattr(record, field)), self._integers(places[kind]), strides, frames)
                for name, field in rows.items()
            }

        inputs = states(tape, "snapshot_", "start")
        inputs |= {name: part(name, self._reals(getattr(self._model, own))) for name, own in parts.items()}
        gradients = states(adjoint, "", "adjoint")
        gradients |= {name: part(name, self._reals(getattr(adjoint, f"{own}_rows"))) for name, own in parts.items()}
        return inputs, states(tape, "", "tape", steps + 1), states(adjoint, "given_", "tape", steps + 1), gradients

    def _port(self, packed: wp.array, places: np.ndarray) -> _Port:
        own = self._integers(places)
        return _Port(packed, own, own)

    def _integers(self, values: np.ndarray) -> wp.array:
        return integers_on(values.ravel(), self.device)

    def _reals(self, values: wp.array) -> wp.array:
        return flat(values, self.real)

    def _scatter(self, values: wp.array, port: _Port) -> None:
        inputs = [port.places, port.strides, self.real(port.factor), values, port.packed]
        self._exchange(self._kernels.scatter, port, inputs)

    def _gather(self, port: _Port) -> wp.array:
        values = self._unwritten(port.frames * port.places.size)
        inputs = [port.places, port.strides, self.real(port.factor), port.packed, values]
        self._exchange(self._kernels.gather, port, inputs)
        return values

    def _exchange(self, kernel: wp.Kernel, port: _Port, inputs: list[Any]) -> None:
        """Move the frames of a port; on a CPU its threads share them."""
        self._threads.launch(kernel, port.frames, inputs, self.device, port.places.size)

    def _unwritten(self, count: int) -> wp.array:
        kind: Any = self.real
        return wp.empty(count, dtype=kind, device=self.device)

    def _launch(self, kernel: wp.Kernel, dim: Any, inputs: list[Any]) -> None:
        wp.launch(kernel, dim=dim, inputs=inputs, device=self.device)

    def _load(self, weights: wp.array) -> None:
        self._weights.load_array(weights, self.parameters)
        self._loaded = True

    def _read(self, parameters: wp.array) -> wp.array:
        values = self._unwritten(int(self.weight_start[-1]))
        self._weights.read_into(values, parameters)
        return values
