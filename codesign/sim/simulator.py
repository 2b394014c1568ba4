"""The simulator: bodies, a controller and the worlds they live in on a device, episodes forward and in reverse."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.machine import available_cores
from codesign.sim.conditions import Conditions, require_conditions
from codesign.sim.contracts import Binding, Controller
from codesign.sim.device import device_of, settled
from codesign.sim.kernels.aggregation import aggregation_kernels
from codesign.sim.kernels.locomotion import locomotion_measures, locomotion_size
from codesign.sim.launching.launches import Launches
from codesign.sim.launching.program import build_program, lanes_of, row_of, shared_of
from codesign.sim.layout.block_memory import staged_bytes
from codesign.sim.layout.buffers import buffer_sizes, snapshots_of
from codesign.sim.layout.packing import pack, upload
from codesign.sim.layout.parameters import parameter_layout
from codesign.sim.layout.snapshot_schedule import upload_schedules
from codesign.sim.layout.states import States
from codesign.sim.layout.world_parameters import constants_of, upload_task_parameters, upload_world_parameters
from codesign.sim.settings import Aggregation, Execution, Physics


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
        physical_gradients: whether `reverse` differentiates rest lengths and stiffness as well.
        velocities: initial velocities [m/s], shape (masses of all worlds, dimension); at rest if not given.

    Raises:
        ConfigError: a device that is not there, conditions that do not go together, a beacon outside of the ground.
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
        physical_gradients: bool = False,
        velocities: np.ndarray | None = None,
    ) -> None:
        dimension = bodies.positions.shape[1]
        require_conditions(conditions, dimension)
        execution = settled(execution or Execution())
        self.device = device_of(execution)
        self.physics, self.controller, self.task = physics, controller, conditions[0].task
        self.conditions, self.aggregation = tuple(conditions), aggregation or Aggregation()
        self.bodies = bodies
        self.world_bodies = bodies.take(np.repeat(np.arange(len(bodies)), len(conditions)))
        row = row_of(self.device, execution.precision)
        self._packed = pack(self.world_bodies, row)
        self.layout = self._packed.layout
        self.worlds = len(self.world_bodies)
        each = self.worlds if together else len(conditions)
        self.world_start = np.arange(0, self.worlds + 1, each)
        self.controllers = len(self.world_start) - 1
        self.segment = execution.segment(physics.steps)
        state_size = self.task.state_size
        self.snapshots = snapshots_of(self.layout, controller, physics.steps, execution, state_size)
        shared = shared_of(self.device)
        self._program = build_program(
            dimension,
            execution.precision,
            physics,
            conditions[0].terrain,
            controller,
            self.task,
            row=row,
            noisy=any(each.motor_noise for each in conditions),
            physical_gradients=physical_gradients,
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
        )
        self._states = States(self._packed, self._program.types, sizes, self.snapshots, self.device)
        self._states.begin(self._starts(), velocities)
        self._launches = Launches(
            self._program.kernels,
            self._bind(),
            self.layout.padded_springs + self.layout.padded_masses,
            staged_bytes(self.layout, controller, self.segment, state_size, execution.precision),
            device=self.device,
            lanes=lanes_of(self.device),
            shared=shared,
            threads=1 if self.device.is_cuda else execution.threads or available_cores(),
        )
        self.set_active(np.arange(self.controllers))

    def initial(self, generators: Sequence[np.random.Generator]) -> np.ndarray:
        """Return first weights of all controllers, each drawn from its own generator, float64, shape (weights,)."""
        own = self.bodies if self.controllers == len(self.bodies) else self.bodies.take([0])
        return self.controller.initial(own, self.physics.steps, generators)

    def load(self, weights: np.ndarray) -> None:
        """Set the controllers' weights.

        Args:
            weights: of all controllers one after the other, as the controller's `groups` name them, shape (weights,).

        Raises:
            ValueError: the number of weights is not that of the bodies' controllers.
        """
        if weights.shape != self.weight_slots.shape:
            raise ValueError(
                f"expected weights of shape {self.weight_slots.shape}; got {weights.shape}; load those of these bodies"
            )
        padded = np.zeros(self.parameters.size)
        padded[self.weight_slots] = weights
        self.parameters.assign(padded)

    def weights(self, parameters: wp.array | None = None) -> np.ndarray:
        """Return the parameters, or an array that lies like them, as weights, float64, shape (weights,)."""
        values = self.parameters if parameters is None else parameters
        return values.numpy()[self.weight_slots].astype(np.float64)

    def set_active(self, controllers: np.ndarray) -> None:
        """Simulate and differentiate only the worlds of some controllers from now on.

        The others keep their losses, measures and weights; their gradients become zero with the next `reverse`.

        Args:
            controllers: their indices, int, shape (any,).
        """
        active = np.zeros(self.controllers, np.bool_)
        active[controllers] = True
        self._launches.set_active(np.flatnonzero(np.repeat(active, np.diff(self.world_start))))
        self._reversible = False

    def forward(self, *, measure: bool = False) -> None:
        """Simulate the active worlds; writes losses and what `measures` reads.

        Args:
            measure: whether to measure how bodies move as well, which takes time.
        """
        self._reversible, self._measured = True, measure
        if measure:
            self._measuring.fill_(1)
        self._launches.forward()
        if measure:
            self._measuring.fill_(0)
        if self._aggregated:
            scratch = [self._world_order, self._world_shares]
            inputs = [self.aggregation.loss_quantile, self._world_start, self.world_losses, *scratch, self.loss]
            kernel = aggregation_kernels(self._program.types.real).losses
            wp.launch(kernel, dim=self.controllers, inputs=inputs, device=self.device)

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
        self._launches.reverse()
        if self._aggregated:
            threads = lanes_of(self.device)
            starts = [self._world_start, self._gradient_start, self.parameter_offsets]
            gradients = [self._world_shares, self._world_gradients, self.gradient]
            inputs = [self.aggregation.gradient_quantile, threads, *starts, *gradients]
            kernel = aggregation_kernels(self._program.types.real).gradients
            wp.launch(kernel, dim=(self.controllers, threads), inputs=inputs, device=self.device)

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
        return locomotion_measures(locomotion, self.physics.steps, self.physics.dt) | own

    def physical_gradients(self) -> dict[str, np.ndarray]:
        """Return the derivatives of each world's loss in its start and its springs, as the last `reverse` left them.

        `positions` and `velocities` have shape (masses, dimension), `rest_lengths` and `stiffness` (springs,); the
        latter two are zero unless the simulator was made with `physical_gradients`.
        """
        return self._states.gradients()

    def motion(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all states of the last episode, if its segment was the whole episode.

        Returns:
            Positions [m], shape (steps + 1, masses of all worlds, dimension), and actuation, shape (steps, springs of
            all worlds).

        Raises:
            ValueError: the segment is shorter, so that only a part of the episode is held.
        """
        steps = self.physics.steps
        if self.segment != steps:
            raise ValueError(
                f"expected segments of {steps} steps; got {self.segment}; set segment_steps to the episode's steps"
            )
        return self._states.motion(steps)

    def _allocate_parameters(self) -> None:
        places = parameter_layout(self.controller, self.layout, self.world_start, self.physics.steps)
        self.parameter_start, self.weight_start = places.start, places.weight_start
        self.weight_slots, gradient_start = places.weight_slots, places.gradient_start
        size, real, device = int(self.parameter_start[-1]), self._program.types.real, self.device
        self.parameter_offsets = wp.array(self.parameter_start.astype(np.int32), dtype=wp.int32, device=device)
        self.parameters = wp.zeros(size, dtype=real, device=device)
        self.gradient = wp.zeros(size, dtype=real, device=device)
        # Where every controller has one world, what that world computes is the result.
        self._aggregated = self.worlds > self.controllers
        self._gradient_start = wp.array(gradient_start.astype(np.int32), dtype=wp.int32, device=device)
        self._world_gradients = self.gradient
        if self._aggregated:
            self._world_gradients = wp.zeros(int(gradient_start[-1]), dtype=real, device=device)

    def _allocate_results(self) -> None:
        types, device = self._program.types, self.device
        self.loss = wp.zeros(self.controllers, dtype=types.real, device=device)
        self.world_losses = wp.zeros(self.worlds, dtype=types.real, device=device) if self._aggregated else self.loss
        self._world_order = wp.zeros(self.worlds, dtype=wp.int32, device=device)
        self._world_shares = wp.zeros(self.worlds, dtype=wp.float64, device=device)
        self._world_start = wp.array(self.world_start.astype(np.int32), dtype=wp.int32, device=device)
        self._final_task_state = wp.zeros(self.worlds, dtype=types.task_state, device=device)
        self._locomotion = wp.zeros(self.worlds * locomotion_size(types.dimension), dtype=types.real, device=device)
        self._measuring = wp.zeros(1, dtype=wp.int32, device=device)
        self._measured = False

    def _starts(self) -> np.ndarray:
        """Return where all masses start, in world frame [m], shape (masses of all worlds, dimension)."""
        count = len(self.conditions)
        placed = np.empty_like(self.world_bodies.positions)
        worlds = np.repeat(np.arange(self.worlds), self.layout.masses)
        for index, conditions in enumerate(self.conditions):
            placed[worlds % count == index] = conditions.terrain.place(self.bodies)
        return placed

    def _bind(self) -> tuple[list[Any], list[Any]]:
        """Return what both kernels are called with."""
        program, types, device = self._program, self._program.types, self.device
        physics, steps = self.physics, self.physics.steps
        constants = constants_of(physics, types, self.segment)
        owners = np.repeat(np.arange(self.controllers), np.diff(self.world_start))
        model = upload(self._packed, self.parameter_start[owners], self._gradient_start.numpy(), types, device)
        binding = Binding(types, program.controller, self.layout, self.world_bodies, physics.dt, steps, self.segment)
        control = self.controller.bind(binding, self.parameters, self._world_gradients)
        world_parameters, ground = upload_world_parameters(self.conditions, physics, types, device)
        parameters = upload_task_parameters(self.conditions, program.objective.Parameters, types.dimension, device)
        plan = upload_schedules(-(-steps // self.segment), self.snapshots, types, device)
        common = [constants, world_parameters, model, control, self._states.tape]
        results = [self.world_losses, self._final_task_state, self._measuring, self._locomotion]
        reverse = [*common, self._states.adjoint, plan, ground, parameters]
        return [*common, plan, ground, parameters, *results], reverse
