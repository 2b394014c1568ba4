"""The simulator: bodies, a controller and the worlds they live in on a device, episodes forward and in reverse."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.machine import available_cores
from codesign.sim.body_parameters import BodyParameters, ControllerAndBody
from codesign.sim.conditions import Conditions, require_conditions, require_latency
from codesign.sim.contracts import Binding, Controller
from codesign.sim.device import device_of, settled
from codesign.sim.kernels.aggregation import aggregation_kernels
from codesign.sim.kernels.locomotion import locomotion_measures, locomotion_size
from codesign.sim.launching.body_parameters import LearnedBodies
from codesign.sim.launching.launches import Launches
from codesign.sim.launching.program import build_program, lanes_of, row_of, shared_of
from codesign.sim.launching.tangents import WINDOW, SimulatedEpisode, Tangents
from codesign.sim.launching.weights import Weights
from codesign.sim.layout.block_memory import staged_bytes
from codesign.sim.layout.buffers import buffer_sizes, snapshots_of
from codesign.sim.layout.large_arrays import unwritten_reals
from codesign.sim.layout.packing import integers_on, pack, upload
from codesign.sim.layout.parameters import parameter_layout
from codesign.sim.layout.snapshot_schedule import upload_schedules
from codesign.sim.layout.states import States
from codesign.sim.layout.world_parameters import (
    constants_of,
    factors_on_springs,
    upload_task_parameters,
    upload_world_parameters,
)
from codesign.sim.settings import Aggregation, Execution, Physics
from codesign.sim.sharing import Threads


class Simulator:
    """Many different bodies, each in one or several worlds of its own, simulated and differentiated together.

    Every body has a world for each of the conditions, all of them with the same controller; or all worlds of all bodies
    have one controller together. The losses of a controller's worlds become one loss, and their gradients one gradient,
    as `Aggregation` says. All memory is allocated here; `forward` and `reverse` allocate nothing. No world's numbers
    depend on the other worlds.

    Args:
        bodies: any number; world i * len(conditions) + j is that of body i under conditions j.
        physics: forces, contact and the length of an episode.
        controller: what moves the bodies.
        conditions: what the worlds are like: terrain, task, and what varies.
        execution: precision, device, threads and segment.
        aggregation: how the losses of several worlds become one, and their gradients.
        together: whether all bodies have one controller, for controllers whose weights fit any body.
        copies: sets of the same bodies that are given, one after the other; together, every set has a controller.
        physical_gradients: whether `reverse` differentiates rest lengths, stiffness and swings as well, and with
            `material_properties` masses, damping and force limits.
        material_properties: whether masses, damping and force limits are in the kernels although all bodies have the
            defaults; where a body has others, they are.
        velocities: initial velocities [m/s], shape (masses of all worlds, dimension); at rest if not given.
        episode_steps: of the episode of which `physics.steps` are a window, see `Window`; None for whole episodes.
        body_parameters: what of the bodies is learned; the weights of each then follow those of its controller, see
            `ControllerAndBody`. Nothing if not given.

    Raises:
        ValueError: bodies that are learned and have one controller together.
        ConfigError: a device that is not there, conditions that do not go together, a beacon outside of the ground, a
            latency as long as an episode.
    """

    def __init__(
        self,
        bodies: Bodies,
        physics: Physics,
        controller: Controller,
        conditions: Sequence[Conditions],
        execution: Execution | None = None,
        *,
        aggregation: Aggregation | None = None,
        together: bool = False,
        copies: int = 1,
        physical_gradients: bool = False,
        material_properties: bool = False,
        velocities: np.ndarray | None = None,
        episode_steps: int | None = None,
        body_parameters: BodyParameters | None = None,
    ) -> None:
        if together and body_parameters is not None:
            raise ValueError("expected a controller for each body that is learned; got one for all; learn them apart")
        dimension = bodies.positions.shape[1]
        require_conditions(conditions, dimension)
        require_latency(conditions, physics.steps)
        execution = settled(execution or Execution())
        if episode_steps is not None:
            execution = replace(execution, segment_steps=physics.steps, checkpoints=1)
        self._episode_steps = episode_steps
        self.device = device_of(execution)
        self.physics, self.controller, self.task = physics, controller, conditions[0].task
        self._body_parameters = body_parameters
        fields = () if body_parameters is None else tuple(body_parameters.fields)
        self._weighted = ControllerAndBody(controller, fields) if fields else controller
        self.conditions, self.aggregation = tuple(conditions), aggregation or Aggregation()
        self.bodies = bodies
        row = row_of(self.device, execution.precision)
        self._packed = pack(bodies, row, len(conditions))
        self.layout = self._packed.layout
        self.worlds = len(self.layout.masses)
        self._threads = Threads(1 if self.device.is_cuda else execution.threads or available_cores())
        each = self.worlds // copies if together else len(conditions)
        self.world_start = np.arange(0, self.worlds + 1, each)
        self.controllers = len(self.world_start) - 1
        self.segment = execution.segment(physics.steps)
        state_size = self.task.state_size
        latency = max(each.latency for each in conditions)
        self.snapshots = snapshots_of(self.layout, controller, physics.steps, execution, state_size, latency)
        shared = shared_of(self.device)
        material_properties = material_properties or bodies.has_material_properties or "masses" in fields
        self._program = build_program(
            dimension,
            execution.precision,
            physics,
            conditions[0].terrain,
            controller,
            self.task,
            row=row,
            noisy=any(each.motor_noise for each in conditions),
            physical_gradients=physical_gradients or body_parameters is not None,
            weighed=any(each.mass != 1.0 for each in conditions),
            delayed=latency > 0,
            windowed=episode_steps is not None,
            material_properties=material_properties,
            shared=shared,
        )
        self._allocate_parameters()
        self._allocate_results()
        sizes = buffer_sizes(
            self.layout,
            self.segment,
            self.snapshots,
            state_size,
            len(controller.senses),
            self.task.observed(dimension),
            latency,
            material_properties=material_properties,
        )
        self._states = States(self._packed, self._program.types, sizes, self.snapshots, self.device)
        inputs = self._bind()
        self._states.begin(self._model, self._starts(), velocities, self._threads)
        self._launches = Launches(
            self._program.kernels,
            inputs,
            self.layout.padded_springs + self.layout.padded_masses,
            staged_bytes(
                self.layout,
                self._weighted,
                self.segment,
                state_size,
                execution.precision,
                latency,
                material_properties=material_properties,
            ),
            device=self.device,
            lanes=lanes_of(self.device),
            shared=shared,
            threads=self._threads,
        )
        self.set_active(np.arange(self.controllers))

    @property
    def simulations(self) -> int:
        """Simulations of a controller in all its worlds that the next `forward` takes."""
        return self._active

    @property
    def weight_start(self) -> np.ndarray:
        """First weight of each controller and the end of the last, shape (controllers + 1,)."""
        return self._weights.start

    def draw(self, keys: np.ndarray) -> None:
        """Set the weights of all controllers to random first ones, as `Controller.weight_blocks` declares them.

        Weight number i of a controller depends on the controller's key, on i and on the body's size. It is the same on
        every device and in both precisions, where it is a number of float32.

        Args:
            keys: of each controller, see `codesign.streams.stream_keys`, uint64, shape (controllers,).

        Raises:
            ValueError: the number of keys is not that of the controllers.
        """
        self._weights.draw(keys, self.parameters)
        self._loaded = True

    def draw_normal(self, keys: wp.array, controllers: wp.array) -> None:
        """Set the weights of some controllers to standard normal numbers, by launches alone, see `draw`.

        Args:
            keys: of all controllers, on the device, uint64, shape (controllers,).
            controllers: the indices of those, on the device, int32, shape (any,).
        """
        self._weights.draw_normal(keys, controllers, self.parameters)

    def load(self, weights: np.ndarray) -> None:
        """Set the controllers' weights.

        Args:
            weights: of all controllers one after the other, in the order of `Controller.weight_shapes`, shape
                (weights,).

        Raises:
            ValueError: the number of weights is not that of the bodies' controllers.
        """
        self._weights.load(weights, self.parameters)
        self._loaded = True

    def weights(self, parameters: wp.array | None = None, controllers: np.ndarray | None = None) -> np.ndarray:
        """Return weights in the order of `load`, float64, shape (weights,).

        Args:
            parameters: an array that lies like `parameters`, such as `gradient`; these themselves if not given.
            controllers: indices of those whose weights are wanted, one after the other, shape (any,); all if not given.
        """
        return self._weights.read(self.parameters if parameters is None else parameters, controllers)

    def set_active(self, controllers: np.ndarray) -> None:
        """Simulate and differentiate only the worlds of some controllers from now on.

        The others keep their losses, measures and weights; their gradients become zero with the next `reverse`.

        Args:
            controllers: their indices, int, shape (any,).
        """
        active = np.zeros(self.controllers, np.bool_)
        active[controllers] = True
        self._active = int(active.sum())
        self._launches.set_active(np.flatnonzero(np.repeat(active, np.diff(self.world_start))))
        self._reversible = False

    def heed(self, stalled: np.ndarray, unusable: np.ndarray) -> bool:
        """Return that exact gradients do not depend on how learning goes."""
        del stalled, unusable
        return False

    def forward(self, *, measure: bool = False, differentiable: bool = True, actuated: bool = True) -> None:
        """Simulate the active worlds; writes losses and what `measures` reads.

        Args:
            measure: whether to measure how bodies move as well, which takes time.
            differentiable: whether `reverse` may follow.
            actuated: whether muscles follow the controllers; else they keep their rest lengths, and take no effort.

        Raises:
            RuntimeError: the controllers have no weights yet.
            ValueError: an episode without actuation that `reverse` may follow.
        """
        if not self._loaded:
            raise RuntimeError("expected controllers with weights; got none; call draw or load first")
        if differentiable and not actuated:
            raise ValueError("expected muscles that follow controllers, to differentiate; got some at rest")
        self._reversible, self._simulated, self._measured = differentiable, True, measure
        if measure:
            self._measuring.fill_(1)
        if self._learned is not None:
            self._learned.write(self.parameters)
        with nullcontext() if actuated else self._muscles_at_rest():
            self._launches.forward()
        if measure:
            self._measuring.fill_(0)
        if self._aggregated:
            scratch = [self._world_order, self._world_shares]
            inputs = [self.aggregation.loss_quantile, self._world_start, self.world_losses, *scratch, self.loss]
            kernel = aggregation_kernels(self._program.types.real).losses
            wp.launch(kernel, dim=self.controllers, inputs=inputs, device=self.device)

    @contextmanager
    def _muscles_at_rest(self) -> Iterator[None]:
        """Take every spring for a passive one within the block."""
        muscles = self._model.swing, self._model.muscle
        own = [wp.clone(each) for each in muscles]
        for each in muscles:
            each.zero_()
        try:
            yield
        finally:
            for each, values in zip(muscles, own, strict=True):
                wp.copy(each, values)

    def learned_losses(self) -> wp.array:
        """Return the loss of each controller that `gradient` is the derivative of, after `forward`.

        That is `loss`, unless controllers are judged by another aggregation of their worlds than they learn by.
        """
        if not self._aggregated or self.aggregation.gradient_quantile == self.aggregation.loss_quantile:
            return self.loss
        scratch = [self._world_order, self._world_shares]
        inputs = [self.aggregation.gradient_quantile, self._world_start, self.world_losses, *scratch]
        kernel = aggregation_kernels(self._program.types.real).losses
        wp.launch(kernel, dim=self.controllers, inputs=[*inputs, self._learned_loss], device=self.device)
        return self._learned_loss

    def reverse(self) -> None:
        """Differentiate the episode that `forward` simulated last; writes `gradient`.

        Raises:
            RuntimeError: no episode was simulated since the last reverse, which leaves nothing to go back through.
        """
        if not self._reversible:
            raise RuntimeError(
                "expected an episode to differentiate; got none since the last reverse; call forward first"
            )
        self._reversible = False
        self._world_gradients.zero_()
        if self._learned is not None:
            self._learned.forget()
        self._launches.reverse()
        if self._learned is not None:
            self._learned.differentiate(self._world_gradients)
        if self._aggregated:
            threads = lanes_of(self.device)
            starts = [self._world_start, self._gradient_start, self.parameter_offsets]
            gradients = [self._world_shares, self._world_gradients, self.gradient]
            inputs = [self.aggregation.gradient_quantile, threads, *starts, *gradients]
            kernel = aggregation_kernels(self._program.types.real).gradients
            wp.launch(kernel, dim=(self.controllers, threads), inputs=inputs, device=self.device)
        if self._learned is not None:
            self._learned.tie(self.gradient)

    def measures(self) -> dict[str, np.ndarray]:
        """Return what was done in each world in the last episode, by name, float64, shape (worlds,).

        Those that all tasks have (distance, straightness, energy, effort and airtime) are there only if `forward` was
        told to measure.

        Raises:
            ConfigError: the task has a measure whose name is one of these.
        """
        states = self._final_task_state.numpy().astype(np.float64).reshape(self.worlds, -1)
        own = self.task.measures(dict(zip(self.task.state, states.T, strict=True)))
        if not self._measured:
            return own
        locomotion = self._locomotion.numpy().astype(np.float64).reshape(self.worlds, -1)
        return locomotion_measures(locomotion, self.physics.steps - self.physics.settle_steps, self.physics.dt) | own

    def physical_gradients(self) -> dict[str, np.ndarray]:
        """Return the derivatives of each world's loss in its start and its body, as the last `reverse` left them.

        `positions` and `velocities` have shape (masses, dimension), `rest_lengths`, `stiffness` and `swings`
        (springs,), of all worlds; the latter three are zero unless the simulator was made with `physical_gradients`.
        With that, `masses` (masses,), `damping` and `force_limits` (springs,) are there where a body has others than
        the defaults, or the simulator was made with `material_properties`.
        They are derivatives in the body, as learned, which conditions multiply by their factors.
        """
        found, copies = self._states.gradients(), len(self.conditions)
        condition = np.arange(self.worlds) % copies
        for name, factors in zip(("stiffness", "swings"), factors_on_springs(self.conditions), strict=True):
            found[name] = found[name] * np.repeat(factors[condition], self.layout.springs).astype(found[name].dtype)
        return found

    def body_gradients(self) -> dict[str, np.ndarray]:
        """Return the derivatives of each body's loss in its own start and springs, as the last `reverse` left them.

        The losses of a body's worlds are one loss, as `Aggregation` says of gradients. By the names of
        `physical_gradients`, float64, of all bodies instead of all worlds; passive springs have no derivative in their
        swing.

        Raises:
            ValueError: the bodies have one controller, and so one loss, together.
        """
        copies, bodies = len(self.conditions), self.bodies
        if self.controllers * copies != self.worlds:
            raise ValueError("expected a controller for each body; got one for all; simulate them apart")
        shares = np.full(self.worlds, 1.0 / copies)
        if self._aggregated and self.aggregation.gradient_quantile >= 0.0:
            shares = self._world_shares.numpy()
        found = {}
        for name, values in self.physical_gradients().items():
            of_masses = name in ("positions", "velocities", "masses")
            counts = np.diff(bodies.mass_start if of_masses else bodies.spring_start)
            pieces = np.split(values.astype(np.float64), np.cumsum(np.repeat(counts, copies))[:-1])
            # A world without a share may have a gradient that is not finite.
            weighed = [
                share * piece if share else np.zeros_like(piece) for share, piece in zip(shares, pieces, strict=True)
            ]
            found[name] = np.concatenate([sum(weighed[at : at + copies]) for at in range(0, self.worlds, copies)])
        found["swings"] = np.where(bodies.swings != 0.0, found["swings"], 0.0)
        return found

    def motion(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all states of the last episode, if its segment was the whole episode.

        Returns:
            Positions [m], shape (steps + 1, masses of all worlds, dimension), and the actuation that muscles follow,
            shape (steps, springs of all worlds).

        Raises:
            ValueError: the segment is shorter, so that only a part of the episode is held.
        """
        steps = self.physics.steps
        if self.segment != steps:
            raise ValueError(
                f"expected segments of {steps} steps; got {self.segment}; set segment_steps to the episode's steps"
            )
        latencies = np.array([each.latency for each in self.conditions])
        positions, actuation = self._states.motion(steps, latencies[np.arange(self.worlds) % len(latencies)])
        actuation[: self.physics.settle_steps] = 0.0
        return positions, actuation

    def tangents(self, directions: int = 1, *, window: int = WINDOW, controlled: bool = True) -> Tangents:
        """Return the derivatives of the last episode along some directions, in forward mode.

        Args:
            directions: how many.
            window: steps of which tangents are held at a time.
            controlled: whether actuation depends on state and weights, see `Tangents`.

        Raises:
            ValueError: segments shorter than an episode, so that not all of it is held; several conditions; one
                controller for several bodies; or bodies that learn.
            RuntimeError: no episode was simulated yet.
            ConfigError: a controller that forward mode does not know.
        """
        if self.segment != self.physics.steps or len(self.conditions) > 1 or self.controllers != self.worlds:
            raise ValueError(
                f"expected segments of {self.physics.steps} steps and a world and a controller for each body; got"
                f" segments of {self.segment} in {len(self.conditions)} worlds; set segment_steps and one condition"
            )
        if self._body_parameters is not None:
            raise ValueError("expected bodies that do not learn; got some that do; simulate what they learned to be")
        if not self._simulated:
            raise RuntimeError("expected an episode to differentiate; got none; call forward first")
        episode = SimulatedEpisode(
            self.bodies,
            self.physics,
            self.controller,
            next(iter(self.conditions)),
            self._program.types.precision,
            self._program.types.material_properties,
            self._packed,
            self._model,
            self._states.tape,
            self.weights(),
            self.weight_start,
            self.device,
        )
        return Tangents(episode, directions, window=window, controlled=controlled)

    def _allocate_parameters(self) -> None:
        controller, steps, device = self._weighted, self.physics.steps, self.device
        places = parameter_layout(controller, self.layout, self.world_start, steps)
        self.parameter_start = places.start
        size, types = int(self.parameter_start[-1]), self._program.types
        own = self.layout if self.controllers == self.worlds else self.layout.take(self.world_start[:-1])
        blocks = controller.weight_blocks(own, steps)
        self._weights = Weights(blocks, places.start, types.row, types.precision, device, self._threads)
        self.parameter_offsets = self._weights.offsets
        self._loaded = False
        self.parameters = unwritten_reals(size, types.real, device)
        self.gradient = unwritten_reals(size, types.real, device)
        # Where every controller has one world, what that world computes is the result.
        self._aggregated = self.worlds > self.controllers
        self._gradient_start = integers_on(places.gradient_start, device)
        self._world_gradients = self.gradient
        if self._aggregated:
            self._world_gradients = unwritten_reals(int(places.gradient_start[-1]), types.real, device)

    def _allocate_results(self) -> None:
        types, device = self._program.types, self.device
        self.loss = wp.zeros(self.controllers, dtype=types.real, device=device)
        self._learned_loss = wp.zeros(self.controllers, dtype=types.real, device=device)
        self.world_losses = wp.zeros(self.worlds, dtype=types.real, device=device) if self._aggregated else self.loss
        self._world_order = wp.zeros(self.worlds, dtype=wp.int32, device=device)
        self._world_shares = wp.zeros(self.worlds, dtype=wp.float64, device=device)
        self._world_start = wp.array(self.world_start.astype(np.int32), dtype=wp.int32, device=device)
        self._final_task_state = wp.zeros(self.worlds, dtype=types.task_state, device=device)
        self._locomotion = wp.zeros(self.worlds * locomotion_size(types.dimension), dtype=types.real, device=device)
        self._measuring = wp.zeros(1, dtype=wp.int32, device=device)
        self._measured = self._simulated = False

    def _starts(self) -> np.ndarray:
        """Return where all masses start, in world frame [m], shape (masses of all worlds, dimension)."""
        placed = [each.terrain.place(self.bodies) for each in self.conditions]
        if len(placed) == 1:
            return placed[0]
        # World after world of a body, its masses in each.
        masses = np.arange(len(self.bodies.positions))
        counts = np.diff(self.bodies.mass_start)
        body = np.repeat(np.arange(len(counts)), counts)
        before = (len(placed) - 1) * self.bodies.mass_start[body]
        starts = np.empty((len(placed) * len(masses), placed[0].shape[1]))
        for index, positions in enumerate(placed):
            starts[masses + before + index * counts[body]] = positions
        return starts

    def _bind(self) -> tuple[list[Any], list[Any]]:
        """Return what both kernels are called with."""
        program, types, device = self._program, self._program.types, self.device
        physics, steps = self.physics, self.physics.steps
        latency = max(each.latency for each in self.conditions)
        constants = constants_of(physics, types, self.segment, latency, self._episode_steps or steps)
        owners = np.repeat(np.arange(self.controllers), np.diff(self.world_start))
        starts = self.parameter_start[owners], self._gradient_start.numpy()
        factors = factors_on_springs(self.conditions)
        self._model = upload(self._packed, self.bodies, *starts, factors, types, device, self._threads)
        own = physics.dt, steps, self.segment
        binding = Binding(types, program.controller, self.layout, self.bodies, len(self.conditions), *own)
        control = self.controller.bind(binding, self.parameters, self._world_gradients)
        self._learned = self._bind_bodies(factors)
        world_parameters, ground = upload_world_parameters(self.conditions, physics, types, device)
        parameters = upload_task_parameters(self.conditions, program.objective.Parameters, types.dimension, device)
        plan = upload_schedules(-(-steps // self.segment), self.snapshots, types, device)
        self._world_parameters = world_parameters
        common = [constants, world_parameters, self._model, control, self._states.tape]
        results = [self.world_losses, self._final_task_state, self._measuring, self._locomotion]
        reverse = [*common, self._states.adjoint, plan, ground, parameters]
        return [*common, plan, ground, parameters, *results], reverse

    def _bind_bodies(self, factors: tuple[np.ndarray, np.ndarray]) -> LearnedBodies | None:
        """Return what writes learned bodies into the model; None where none is learned."""
        if self._body_parameters is None or not isinstance(self._weighted, ControllerAndBody):
            return None
        within, _ = self._weighted.places(self.layout, self.physics.steps)
        first, copies = self._gradient_start.numpy()[:-1], len(self.conditions)
        types = self._program.types
        return LearnedBodies(
            self._body_parameters,
            self.bodies,
            self.layout,
            {name: self.parameter_start[:-1] + own[::copies] for name, own in within.items()},
            {name: first + own for name, own in within.items()},
            dict(zip(("stiffness", "swings"), factors, strict=True)),
            self._model,
            self._states.adjoint,
            types,
            self.device,
            self._threads,
        )
