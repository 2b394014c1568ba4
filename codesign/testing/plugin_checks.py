"""Checks of what a simulation is made of: tasks, terrains, controllers, contacts, forces and senses."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from codesign.body import Bodies
from codesign.control import CONTROLLERS, SpringController
from codesign.sim import CONTACTS, FORCES, Controller, Task, Terrain
from codesign.sim.kernels import SENSES, Contact, Force, KernelTypes, SpringFunctions, TaskFunctions
from codesign.tasks import TASKS, TERRAINS
from codesign.testing.bodies import example_bodies
from codesign.testing.failures import check_settings, expect
from codesign.testing.function_checks import check_closures, check_indices, check_names, explained
from codesign.testing.setups import Setup
from codesign.testing.simulation_checks import check_gradients, check_simulations
from codesign.testing.weight_checks import check_weights

DIMENSIONS = (2, 3)


def check_task(task: Task, terrain: Terrain | None = None) -> None:
    """Check a task: gradients, bits, precision, compilation for a GPU, and what it says of itself.

    Args:
        task: what to check, with settings that make a difference to bodies of 0.1 m within 0.24 s.
        terrain: what bodies stand on; level ground if not given.

    Raises:
        CheckError: the task breaks its contract.
    """
    check_settings(task, TASKS)
    check_names(task, "state")
    check_names(task, "uses")
    expect(task.state, "names of kept numbers in `state`", task.state)
    _check_variant(task)
    _check_task_functions(task)
    setups = [Setup(task=task, dimension=dimension) for dimension in task.dimensions]
    setups = [setup if terrain is None else replace(setup, terrain=terrain) for setup in setups]
    with explained():
        one, other = (_losses(setups[0], seed) for seed in (0, 1))
    expected = "a loss that depends on what the controller does with bodies of 0.1 m within 0.24 s"
    expect(not np.array_equal(one, other), expected, f"{one} for any weights; choose settings, or `terrain`, so")
    check_simulations(setups)


def check_terrain(terrain: Terrain, dimensions: Sequence[int] = DIMENSIONS) -> None:
    """Check a terrain: heights, pictures and starts agree, and bodies on it are simulated and differentiated right.

    Args:
        terrain: what to check.
        dimensions: of space that it is for.

    Raises:
        CheckError: the terrain breaks its contract.
    """
    check_settings(terrain, TERRAINS)
    _check_variant(terrain)
    for dimension in dimensions:
        bodies = Bodies.of(example_bodies(dimension))
        placed = terrain.place(bodies)
        low, high = terrain.extent(dimension)
        expect(low.shape == high.shape == (dimension - 1,), "an extent of one number per level axis", (low, high))
        above = placed[:, -1] - terrain.height(placed[:, :-1])
        lowest = np.minimum.reduceat(above, bodies.mass_start[:-1])
        expect(np.abs(lowest).max() < 1e-9, "bodies whose lowest mass just touches the ground", lowest)
        corner = np.zeros(dimension - 1)
        surface = terrain.surface(corner, corner + 0.5)
        points = surface.reshape(-1, dimension)
        apart = np.abs(points[:, -1] - terrain.height(points[:, :-1])).max()
        expect(apart < 1e-9, "a surface that lies on the ground", f"points {apart:.2g} m away")
    check_simulations([Setup(terrain=terrain, dimension=dimension) for dimension in dimensions])


def check_controller(controller: Controller) -> None:
    """Check a controller: its weights, gradients, bits, precision, and compilation for a GPU.

    Args:
        controller: what to check.

    Raises:
        CheckError: the controller breaks its contract.
    """
    check_settings(controller, CONTROLLERS)
    if isinstance(controller, SpringController):
        _check_spring_functions(controller)
    task = TASKS["light"].example()
    setups = [Setup(controller=controller, task=task, dimension=dimension) for dimension in DIMENSIONS]
    for setup in setups:
        check_weights(controller, setup.bodies, setup.steps)
    check_simulations(setups)


def check_contact(contact: Contact) -> None:
    """Check a contact: gradients, bits, precision and compilation for a GPU, on level and on rough ground.

    Args:
        contact: what to check.

    Raises:
        CheckError: the contact breaks its contract.
    """
    check_settings(contact, CONTACTS)
    check_simulations([Setup(contact=contact, dimension=dimension) for dimension in DIMENSIONS])
    check_gradients(Setup(contact=contact, terrain=TERRAINS["rough"](), dimension=3))


def check_force(force: Force) -> None:
    """Check a force: it does something, and its gradients, bits, precision and compilation for a GPU are right.

    Args:
        force: what to check, with settings that make a difference to bodies of 0.1 m within 0.24 s.

    Raises:
        CheckError: the force breaks its contract.
    """
    check_settings(force, FORCES)
    check_closures(force, _force_functions, "give it in `parameters`, read `numbers`")
    setups = [Setup(forces=(force,), dimension=dimension) for dimension in DIMENSIONS]
    for setup in setups:
        with explained():
            with_force, without = (_losses(each) for each in (setup, replace(setup, forces=())))
        expect(not np.array_equal(with_force, without), "a force that makes a difference to small bodies", "none")
    check_simulations(setups)


def check_sense(name: str, sense: Callable[..., Any]) -> None:
    """Check a sense: a controller that feels it has right gradients, bits and precision, and compiles for a GPU.

    The sense is registered for the check, and stays so only if it was before.

    Args:
        name: its key.
        sense: builder of its function.

    Raises:
        CheckError: the sense breaks its contract.
    """
    expect(name.isidentifier(), "a name that is an identifier", repr(name))
    expect(SENSES.get(name, sense) is sense, "a name that no other sense has", name)
    known = name in SENSES
    SENSES[name] = sense
    try:
        controller, task = CONTROLLERS["mlp"](sensors=(name,)), TASKS["light"].example()
        check_simulations([Setup(controller=controller, task=task, dimension=dimension) for dimension in DIMENSIONS])
    finally:
        if not known:
            del SENSES[name]


def _check_task_functions(task: Task) -> None:
    """Check what can be told of a task's functions and measures without compiling them."""
    kept = {name: np.zeros(1) for name in task.state}
    try:
        with np.errstate(all="ignore"):
            task.measures(kept)
    except KeyError as error:
        expect(False, f"measures that read what is in `state`: {', '.join(kept)}", error)
    types = KernelTypes(task.dimensions[0], "float64", 1, task.state_size, "codesign_check", False, task.contributions)
    functions = task.functions(types)
    expect(isinstance(functions, TaskFunctions), "TaskFunctions(update, loss) of `functions`", type(functions).__name__)
    declared, given = bool(task.contributions), functions.contribution is not None
    expected = f"TaskFunctions(update, loss, contribution) where `contributions` = {task.contributions} is above 0 only"
    expect(declared == given, expected, "a contribution" if given else "no contribution")
    check_indices(functions.update, task.state_size)
    check_indices(functions.loss, task.state_size)

    def build(settings: Task) -> list[Any]:
        made = settings.functions(types)
        return [each for each in (made.update, made.loss, made.contribution) if each is not None]

    check_closures(task, build, "let the function take `parameters` and read `parameters.NAME`")


def _check_spring_functions(controller: SpringController) -> None:
    """Check what can be told of a controller's functions without compiling them."""
    parameters = controller.parameters(2)
    expect(isinstance(parameters, tuple), "`parameters` to return a tuple, such as (Parameter(...),)", repr(parameters))
    for name, values in controller.clock(np.zeros(3)).items():
        expect(np.shape(values)[:1] == (3,), f"clock to return {name} with a row per step", f"shape {np.shape(values)}")
    types = KernelTypes(2, "float64", 1, 1, "codesign_check")
    functions = controller.spring_functions(types)
    got = type(functions).__name__
    expect(isinstance(functions, SpringFunctions), "SpringFunctions(drive) of `spring_functions`", got)
    for function in filter(None, (functions.drive, functions.prepare)):
        expect(
            hasattr(function, "input_types"),
            "`drive` and `prepare` with the decorator @wp.func(module=types.module, inline=True)",
            f"{getattr(function, '__name__', function)} without it",
        )

    def build(settings: SpringController) -> list[Any]:
        made = settings.spring_functions(types)
        return [each for each in (made.drive, made.prepare) if each is not None]

    remedy = "let it enter through `clock`, `constants` or first values, or name it in `structure`"
    check_closures(controller, build, remedy)


def _force_functions(force: Force) -> list[Any]:
    types = KernelTypes(2, "float64", 1, 1, "codesign_check")
    made = force.functions(types, TERRAINS["flat"]().functions(types))
    return [each for each in (made.at_mass, made.along_spring) if each is not None]


def _losses(setup: Setup, seed: int = 0) -> np.ndarray:
    simulator = setup.simulator(setup.bodies)
    simulator.load(setup.weights(setup.bodies, seed))
    simulator.forward()
    return simulator.loss.numpy()


def _check_variant(part: Task | Terrain) -> None:
    one, other = (part.variant(np.random.default_rng(5)) for _ in range(2))
    expect(type(one) is type(part), "a variant of the same class", type(one).__name__)
    expect(one == other, "the same variant from the same generator", "another")
