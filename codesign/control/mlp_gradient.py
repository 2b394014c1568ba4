"""The small neural network backwards: what it passes on to the state, and the gradient of its weights."""

from typing import Any

import warp as wp

from codesign.control.layer import LayerFunctions
from codesign.control.mlp_sizes import MlpSizes
from codesign.sim.kernels import KernelTypes, build_centre, synchronise


def build_reverse(types: KernelTypes, sizes: MlpSizes, layer: LayerFunctions, Controller: Any) -> Any:
    """Return the function that carries the adjoint of a step's actuation to the state."""
    real = types.real
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    STRIDE, UNIT_ROWS, CLOCK = sizes.stride, sizes.units // types.row, sizes.clock // types.row
    FEATURES, SENSES = sizes.features(types.dimension), sizes.senses
    POSITION, VELOCITY = sizes.position, sizes.velocity
    matvec, transposed_matvec = layer.matvec, layer.transposed_matvec
    load, store, total = types.row_functions.load, types.row_functions.store, types.row_functions.total
    coordinate, by_mass = types.row_functions.coordinate, build_centre(types)
    MATERIALS, mean_by_mass, pass_to_masses = types.material_properties, by_mass.mean, by_mass.pass_to_masses
    load_coordinates, store_coordinates = types.row_functions.load_coordinates, types.row_functions.store_coordinates

    @wp.func(module=module, inline=True)
    def pass_outputs(
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        lane: int,
        second: int,
        actuation: int,
        passed_at: int,
        rows: int,
        hidden: int,
    ):
        """Carry the adjoint to before the output tanh, where it is kept, and on to before the hidden tanh."""
        for row in range(lane, rows, wp.block_dim()):
            actuated = load(tape.actuation_rows, actuation + row)
            passed = load(adjoint.actuation_rows, passed_at + row)
            store(tape.actuation_rows, actuation + row, passed - wp.cw_mul(passed, wp.cw_mul(actuated, actuated)))
        synchronise()
        for row in range(lane, UNIT_ROWS, wp.block_dim()):
            passed = transposed_matvec(
                control.parameter_rows,
                second + row * ROW,
                tape.actuation_rows,
                actuation,
                rows,
                control.clock_rows,
                0,
                0,
            )
            activated = load(control.hidden_rows, hidden + row)
            store(control.before_hidden_rows, hidden + row, passed - wp.cw_mul(passed, wp.cw_mul(activated, activated)))

    @wp.func(module=module, inline=True)
    def pass_relative(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        own: int,
        slot: int,
    ):
        """Carry the adjoint of places relative to the centre of mass to places and masses."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        at = DIMENSION * ROW * (start * (constants.segment + 1) + slot * count)
        whole = total(control.passed, own * ROW, count) * control.scale
        for row in range(lane, count, wp.block_dim()):
            base = DIMENSION * (start + row) * ROW
            passed = load_coordinates(control.passed, (own + DIMENSION * row) * ROW)
            moved = load_coordinates(adjoint.position, base)
            shares = load(model.mass_share, start + row)
            for axis in range(DIMENSION):
                for entry in range(ROW):
                    relative = passed[axis, entry] * control.scale - shares[entry] * whole[axis]
                    moved[axis, entry] = moved[axis, entry] + relative
            store_coordinates(adjoint.position, base, moved)
        centre = mean_by_mass(model, tape.position, world, at)
        pass_to_masses(model, adjoint, tape.position, world, lane, at, centre, -whole)

    @wp.func(module=module, inline=True)
    def reverse(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        springs = (model.spring_start[world + 1] - model.spring_start[world]) // ROW
        base = FEATURES * start
        first = model.parameter_start[world] // ROW
        second = first + (FEATURES * count + CLOCK) * STRIDE
        hidden = (world * constants.segment + slot) * UNIT_ROWS
        actuation = model.spring_start[world] // ROW * constants.segment + slot * springs
        passed_at = model.spring_start[world] // ROW
        pass_outputs(control, tape, adjoint, lane, second, actuation, passed_at, springs, hidden)
        synchronise()
        matvec(
            control.parameter_rows,
            first,
            control.before_hidden_rows,
            hidden,
            control.passed_rows,
            base,
            lane,
            FEATURES * count,
            wp.block_dim(),
        )
        synchronise()
        states = DIMENSION * count
        own = base
        if wp.static(POSITION and MATERIALS):
            pass_relative(constants, model, control, tape, adjoint, world, lane, own, slot)
            own += states
        if wp.static(POSITION and not MATERIALS):
            mean = total(control.passed, own * ROW, count) / real(model.masses[world])
            for row in range(lane, states, wp.block_dim()):
                at = DIMENSION * start + row
                passed = load(control.passed_rows, own + row)
                if wp.static(ROW == 1):
                    passed[0] = passed[0] - coordinate(mean, row)
                else:
                    for entry in range(ROW):
                        passed[entry] = passed[entry] - mean[(row * ROW + entry) % DIMENSION]
                store(adjoint.position_rows, at, load(adjoint.position_rows, at) + passed * control.scale)
            own += states
        if wp.static(VELOCITY):
            for row in range(lane, states, wp.block_dim()):
                at = DIMENSION * start + row
                passed = load(control.passed_rows, own + row)
                store(adjoint.velocity_rows, at, load(adjoint.velocity_rows, at) + passed * control.scale)
            own += states
        if wp.static(SENSES > 0):
            for row in range(lane, SENSES * count, wp.block_dim()):
                store(adjoint.sense_rows, SENSES * start + row, load(control.passed_rows, own + row))

    return reverse


def build_accumulate(types: KernelTypes, sizes: MlpSizes, layer: LayerFunctions, Controller: Any) -> Any:
    """Return the function that adds a segment's part to the gradient, each row of weights loaded and stored once.

    Steps are added up from the last to the first, within a segment as among segments, so that the length of segments
    changes no bit.
    """
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    STRIDE, UNIT_ROWS, CLOCK = sizes.stride, sizes.units // types.row, sizes.clock // types.row
    FEATURES, SENSES, MOTIONS = sizes.features(types.dimension), sizes.senses, sizes.motions
    FIRST_VELOCITY = int(sizes.position)
    GROUP, GROUP_ROWS, GROUPS = layer.group, layer.group // types.row, sizes.units // layer.group
    outer, outer_relative, row_vector = layer.outer, layer.outer_relative, types.row_vector
    load, store = types.row_functions.load, types.row_functions.store
    rows = wp.array(dtype=types.row_vector)

    @wp.func(module=module, inline=True)
    def add_up(gradient: rows, at: int, passed: rows, first: int, stride: int, steps: int):
        """Add a row of every step to a row of the gradient of biases."""
        total = load(gradient, at)
        for back in range(steps):
            total += load(passed, first + (steps - 1 - back) * stride)
        store(gradient, at, total)

    @wp.func(module=module, inline=True)
    def accumulate(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        start: int,
        steps: int,
    ):
        springs = (model.spring_start[world + 1] - model.spring_start[world]) // ROW
        masses = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - masses
        base = DIMENSION * masses
        states = DIMENSION * count
        first = model.gradient_start[world] // ROW
        second = first + (FEATURES * count + CLOCK) * STRIDE
        bias = second + springs * STRIDE
        hidden = world * constants.segment * UNIT_ROWS
        actuation = model.spring_start[world] // ROW * constants.segment
        gradient = control.gradient_rows
        for index in range(lane, MOTIONS * states * GROUPS, wp.block_dim()):
            row = index // GROUPS
            group = index % GROUPS
            # Velocities are relative to nothing.
            values = tape.position_rows
            mask = load(model.mask_rows, base + row % states)
            if row >= FIRST_VELOCITY * states:
                values = tape.velocity_rows
                mask = row_vector()
            outer_relative(
                gradient,
                first + row * STRIDE + group * GROUP,
                control.before_hidden_rows,
                hidden + group * GROUP_ROWS,
                UNIT_ROWS,
                values,
                base * (constants.segment + 1) + row % states,
                states,
                steps,
                control.centre_rows,
                world * constants.segment * DIMENSION + row % DIMENSION,
                DIMENSION,
                mask,
                control.scale,
            )
        for index in range(lane, SENSES * count * GROUPS, wp.block_dim()):
            row = index // GROUPS
            group = index % GROUPS
            outer(
                gradient,
                first + (MOTIONS * states + row) * STRIDE + group * GROUP,
                control.before_hidden_rows,
                hidden + group * GROUP_ROWS,
                UNIT_ROWS,
                tape.sense_rows,
                SENSES * masses * constants.segment + row,
                SENSES * count,
                steps,
            )
        for index in range(lane, CLOCK * GROUPS, wp.block_dim()):
            row = index // GROUPS
            group = index % GROUPS
            outer(
                gradient,
                first + (FEATURES * count + row) * STRIDE + group * GROUP,
                control.before_hidden_rows,
                hidden + group * GROUP_ROWS,
                UNIT_ROWS,
                control.clock_rows,
                start * CLOCK + row,
                CLOCK,
                steps,
            )
        for index in range(lane, springs * GROUPS, wp.block_dim()):
            row = index // GROUPS
            group = index % GROUPS
            outer(
                gradient,
                second + row * STRIDE + group * GROUP,
                control.hidden_rows,
                hidden + group * GROUP_ROWS,
                UNIT_ROWS,
                tape.actuation_rows,
                actuation + row,
                springs,
                steps,
            )
        for row in range(lane, UNIT_ROWS, wp.block_dim()):
            add_up(gradient, bias + row, control.before_hidden_rows, hidden + row, UNIT_ROWS, steps)
        for row in range(lane, springs, wp.block_dim()):
            add_up(gradient, bias + UNIT_ROWS + row, tape.actuation_rows, actuation + row, springs, steps)

    return accumulate
