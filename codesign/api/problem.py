"""A problem: what bodies are made of, what moves them, and what they are to achieve; and what one can do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from codesign.api.differentiation import Differentiation
from codesign.api.genomes import (
    AnyBodies,
    AnyGenomes,
    PlacedGenomes,
    bodies_of,
    genomes_of,
    held,
    is_genomes,
    lattice_for,
    names_of,
)
from codesign.api.mistakes import in_python, path_of
from codesign.api.results import Results, status_labels
from codesign.api.weights import Weights, flat_weights, shapes_of
from codesign.body import Bodies, Tissue, develop
from codesign.errors import ConfigError
from codesign.evaluate import (
    DesignWeights,
    Evaluations,
    EvaluationSpec,
    Request,
    Worlds,
    evaluate_bodies,
    evaluate_designs,
)
from codesign.export import Recording
from codesign.genome import Genomes, LatticeSettings, random_genomes
from codesign.run import Story, rollout, split_at
from codesign.sim import Controller, Execution, Physics, Task, Terrain, start_warp
from codesign.streams import Purpose, draws_of, require_seed
from codesign.train import Learner

if TYPE_CHECKING:
    from codesign.api.configuration import Configured

Wrt = Literal["weights", "rest_lengths", "stiffness", "swings", "positions", "masses", "damping", "force_limits"]
"""What a loss can be differentiated in: the weights, or an attribute of the bodies."""

PHYSICAL: tuple[Wrt, ...] = ("rest_lengths", "stiffness", "swings", "positions")
"""What every body is differentiated in together."""

MATERIAL: tuple[Wrt, ...] = ("masses", "damping", "force_limits")
"""What bodies are differentiated in by kernels that have masses: losses may differ in the last digits from others."""


class Problem:
    """What bodies are made of, what moves them, where, and what they are to achieve.

    Every argument is optional; what is left out is what `codesign evolve` does. An argument is a name ("walk"),
    settings (`codesign.tasks.Walk()`), or a mapping of a name and values to change ({"name": "cpg", "frequency": 2.0};
    without a name the values change the default). Names are those of the command line's choices: registry keys and the
    files in conf/.

    Args:
        body: "triangle", "square", "voxel" and so on; in a mapping fields of the lattice and of the tissue together:
            {"name": "voxel", "rows": 3, "stiffness": 1.2e4}.
        controller: "mlp", "cpg", "wave", ...
        task: "walk", "jump", "reach", ...
        terrain: "flat", "hills", "steps", ...
        physics: "no_slip", "coulomb", "smooth" or "voxel"; in a mapping the fields of `codesign.sim.Physics`, and
            `contact` as a name or a mapping of its own.
        forces: names, settings or mappings of what else acts, one or several: ["water", {"name": "wind", "speed": 3}].
        conditions: "single" or "varied": in how many worlds a body is tested, and what differs between them.
        learner: "normalized" or "adam"; {"iterations": 10}.
        execution: precision, device, threads and memory: {"precision": "float64"}.
        seed: of everything random, at least 0.
        weights: a file of weights that every controller starts from, see README.
        experiment: name of an experiment in conf/ ("voxel_walk"), which the other arguments then change.

    Raises:
        ConfigError: an unknown name or field, a value of the wrong type or out of range, or choices that do not go
            together.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60}, learner={"iterations": 3})
        >>> problem
        Problem(body='triangle', controller='mlp', task='walk', terrain='flat', physics='no_slip', seed=0)
        >>> problem.evaluate(problem.random(4)).fitness.shape
        (4,)
    """

    def __init__(
        self,
        *,
        body: str | Mapping[str, Any] | LatticeSettings | None = None,
        controller: str | Mapping[str, Any] | Controller | None = None,
        task: str | Mapping[str, Any] | Task | None = None,
        terrain: str | Mapping[str, Any] | Terrain | None = None,
        physics: str | Mapping[str, Any] | Physics | None = None,
        forces: Any = None,
        conditions: str | Mapping[str, Any] | Worlds | None = None,
        learner: str | Mapping[str, Any] | Learner | None = None,
        execution: str | Mapping[str, Any] | Execution | None = None,
        seed: int | None = None,
        weights: str | Path | None = None,
        experiment: str | None = None,
    ) -> None:
        from codesign.api.configuration import configured  # noqa: PLC0415 - only who makes a problem loads Hydra

        arguments = {
            **{"body": body, "controller": controller, "task": task, "terrain": terrain, "physics": physics},
            **{"forces": forces, "conditions": conditions, "learner": learner, "execution": execution},
        }
        self._set(configured(arguments, experiment, {"seed": seed, "weights": weights}))

    @classmethod
    def of_run(cls, folder: str | Path) -> "Problem":
        """Return the problem of a run, from its folder.

        Raises:
            RunError: the folder is not that of a run, or its configuration cannot be read.

        Example:
            >>> import codesign
            >>> codesign.Problem.of_run("runs/demo").lattice.shape
            (3, 4)
        """
        from codesign.api.configuration import of_folder  # noqa: PLC0415 - as above

        return cls._of(of_folder(path_of("folder", folder)))

    @classmethod
    def _of(cls, configured: "Configured") -> "Problem":
        problem = object.__new__(cls)
        problem._set(configured)
        return problem

    def _set(self, configured: "Configured") -> None:
        with in_python():
            start_warp(quiet=True)  # whoever has no GPU knows it
        self._configured = configured
        self._differentiation = Differentiation(configured.experiment.trial)
        self.kept: dict[str, Any] = {}
        """What front ends of other frameworks keep for calls that come again, by their names."""

    def __getstate__(self) -> "Configured":
        """Return what makes the problem again, without the simulators that it keeps."""
        return self._configured

    def __setstate__(self, configured: "Configured") -> None:
        self._set(configured)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration that makes this problem, as a run's config.yaml holds it; a change to it has no effect."""
        from codesign.api.configuration import copied  # noqa: PLC0415 - as above

        return copied(self._configured.config)

    @property
    def spec(self) -> EvaluationSpec:
        """How one design is evaluated: the settings of everything."""
        return self._configured.experiment.trial

    @property
    def lattice(self) -> LatticeSettings:
        """What genomes live on."""
        return self.spec.lattice

    @property
    def tissue(self) -> Tissue:
        """What springs are made of."""
        return self.spec.tissue

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return self.spec.seed

    def random(self, n: int, *, seed: int | None = None) -> PlacedGenomes:
        """Return random genomes, repaired, so that each has one body in one piece.

        Args:
            n: how many.
            seed: of these genomes; the problem's if not given, with which they are those that a run begins with.

        Raises:
            ConfigError: no number of genomes, or a seed below 0.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise ConfigError("n as a whole number of at least 1", repr(n), "ask for example for random(10)")
        with in_python():
            require_seed(self.seed if seed is None else seed)
        lattice = self.lattice.build()
        draws = draws_of(self.seed if seed is None else seed, 0, int(n), Purpose.GENOME)
        drawn = random_genomes(lattice, self.lattice, draws)
        return self._placed(drawn, tuple(f"random-{number}" for number in range(int(n))))

    def _placed(self, genomes: Genomes, names: tuple[str, ...]) -> PlacedGenomes:
        fixed = tuple(self.lattice.extents)
        return PlacedGenomes(genomes.cells, genomes.muscles, self.lattice, names, fixed)

    def develop(self, genomes: AnyGenomes) -> Bodies:
        """Return the bodies that genomes grow into.

        Args:
            genomes: a population, a genome, designs of a run, or a list of these.

        Raises:
            GenomeError: genomes that do not fit the problem's kind of lattice.
        """
        own = genomes_of(held(genomes))
        return develop(lattice_for(own, self.lattice).build(), own, self.tissue)

    def bodies(self, given: AnyBodies) -> Bodies:
        """Return the bodies of whatever holds some, as they are simulated here.

        Args:
            given: as in `evaluate`.

        Raises:
            ConfigError: they have other dimensions than what the problem is about.
            BodyError: something else than genomes or bodies.
        """
        bodies = bodies_of(given, self.lattice, self.tissue)
        dimension = bodies.positions.shape[1]
        if dimension != self.spec.dimension:
            with in_python():
                self.spec.require_dimension(dimension)
        return bodies

    def evaluate(self, designs: AnyBodies) -> Results:
        """Return what becomes of designs: they develop, their controllers learn, and what they then do is measured.

        Design i begins with the controller that individual i of a run's first generation begins with.

        Args:
            designs: genomes, bodies, one of these, a list of them, designs of a run, or what `codesign.load` returned.

        Raises:
            GenomeError: genomes that do not fit the problem's kind of lattice.
            BodyError: something else than genomes or bodies.
            MemoryBudgetError: a design alone needs more memory than there is.
        """
        designs = held(designs)
        if is_genomes(designs):
            own = genomes_of(designs)
            spec = replace(self.spec, lattice=lattice_for(own, self.lattice))
            with in_python():
                found = evaluate_designs(spec, Request(own, _identities(len(own))))
            bodies = develop(spec.lattice.build(), own, spec.tissue)
            return self._results(found, bodies, names_of(designs))
        return self.learn(designs)

    def learn(self, bodies: AnyBodies, weights: Any = None, *, iterations: int | None = None) -> Results:
        """Let the controllers of bodies learn and return how that went.

        Args:
            bodies: as in `evaluate`.
            weights: that they start from, as in `value_and_gradient`; those of `initial_weights` if not given.
            iterations: steps of learning; those of the problem's learner if not given.

        Raises:
            WeightsError: weights that are not those of these bodies.
            ConfigError: iterations below 0.
            MemoryBudgetError: a body alone needs more memory than there is.
        """
        given = held(bodies)
        bodies = self.bodies(given)
        spec = self.spec
        with in_python():
            if iterations is not None:
                spec = replace(spec, learner=replace(spec.learner, iterations=iterations))
            first = None
            if weights is not None:
                first = DesignWeights.joined(self._split(self._flat(weights, bodies), bodies))
                spec = replace(spec, learner=replace(spec.learner, restarts=0))
            found = evaluate_bodies(spec, Request(bodies, _identities(len(bodies)), first=first))
        return self._results(found, bodies, names_of(given))

    def initial_weights(self, bodies: AnyBodies, *, seed: int | None = None) -> Weights:
        """Return first weights of the controllers of bodies: random ones, or those that the problem starts from.

        Args:
            bodies: as in `evaluate`.
            seed: of these weights; the problem's if not given, with which they are those that `evaluate` begins with.
        """
        own = self.bodies(bodies)
        with in_python():
            require_seed(self.seed if seed is None else seed)
        flat = self.spec.first_weights(own, _identities(len(own)), seed)
        return Weights(flat, self._shapes(own))

    def value_and_gradient(
        self, bodies: AnyBodies, weights: Any, *, wrt: Wrt | Sequence[Wrt] = "weights"
    ) -> tuple[np.ndarray, Any]:
        """Return the loss of each body with given weights, and its gradient.

        The bodies are simulated once forwards and once in reverse, in all their worlds. Called again with equal bodies,
        it uses the simulator of before, so that a loop of gradient descent is not slowed down by making new ones.

        Args:
            bodies: as in `evaluate`.
            weights: of their controllers: what `initial_weights` returned or arithmetic with that; a flat array, body
                after body, shape (weights of all bodies,); or for each body a mapping of its arrays by name. The names
                and shapes are those of `initial_weights(bodies).shapes`.
            wrt: what to differentiate in: "weights", or attributes of the bodies, "rest_lengths", "stiffness",
                "swings", "damping" and "force_limits" (springs of all bodies,), "masses" (masses of all bodies,) and
                "positions" (masses of all bodies, dim), which are those that the masses start at in the world; or
                several of these. Where bodies are of the defaults, asking for one of "masses", "damping" and
                "force_limits" may change the loss in its last digits.

        Returns:
            The loss of each body, lower is better, float64, shape (n,), and the gradient of its own loss: in weights,
            as these were given; in an attribute of the bodies, an array shaped like it. For several, a mapping by name.

        Raises:
            WeightsError: weights that are not those of these bodies.
            ConfigError: something to differentiate in that there is not.
            MemoryBudgetError: a body alone needs more memory than there is.

        Example:
            >>> import codesign
            >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
            >>> bodies = problem.develop(problem.random(4))
            >>> weights = problem.initial_weights(bodies)
            >>> before, gradient = problem.value_and_gradient(bodies, weights)
            >>> after, _ = problem.value_and_gradient(bodies, weights - gradient.scaled(0.01 / gradient.norms()))
            >>> bool((after < before).all())
            True
        """
        wanted: tuple[Any, ...] = tuple(wrt) if isinstance(wrt, list | tuple | set) and wrt else (wrt,)
        for name in wanted:
            if name not in ("weights", *PHYSICAL, *MATERIAL):
                expected = f"wrt to be among weights, {', '.join((*PHYSICAL, *MATERIAL))}"
                raise ConfigError(
                    expected, repr(name), 'leave it out, or write for example wrt=["weights", "stiffness"]'
                )
        own = self.bodies(bodies)
        flat = self._flat(weights, own)
        chosen = {
            "physical": any(name != "weights" for name in wanted),
            "material_properties": any(name in MATERIAL for name in wanted),
        }
        loss, found = self._differentiation.loss_and_gradients(own, self._split(flat, own), **chosen)
        found["weights"] = self._shaped_like(weights, found["weights"], own)
        return loss, found[wanted[0]] if isinstance(wrt, str) else {name: found[name] for name in wanted}

    def rollout(self, bodies: AnyBodies, weights: Any = None, *, before: Any = None) -> list[Recording]:
        """Return recordings of bodies that move through one episode, in the first of the problem's worlds.

        Args:
            bodies: as in `evaluate`.
            weights: as in `value_and_gradient`; those of `initial_weights` if not given.
            before: weights of another motion of each, which is shown beside as that before learning; none if not given.

        Raises:
            WeightsError: weights that are not those of these bodies.
            MemoryBudgetError: a whole episode of one body does not fit into the memory.

        Example:
            >>> import codesign
            >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
            >>> recording = problem.rollout(problem.random(1))[0]
            >>> recording.after.positions.shape[0], recording.task
            (13, 'walk')
        """
        bodies = held(bodies)
        own = self.bodies(bodies)
        flat = self.initial_weights(own).flat if weights is None else self._flat(weights, own)
        names = names_of(bodies) or tuple(f"body-{number}" for number in range(len(own)))
        stories = [Story(_identifier(name), operator="given") for name in names]
        earlier = None if before is None else self._split(self._flat(before, own), own)
        with in_python():
            return rollout(self.spec, own, self._split(flat, own), stories, earlier)

    def __repr__(self) -> str:
        """Return what is chosen, as one would write it in a call."""
        spec = self.spec
        chosen = {
            **{"body": spec.lattice.name, "controller": spec.controller.name, "task": spec.task.name},
            **{"terrain": spec.terrain.name, "physics": spec.physics.contact.name},
        }
        several = f", conditions={{'count': {spec.worlds.count}}}" if spec.worlds.count > 1 else ""
        forces = f", forces={[force.name for force in spec.physics.forces]}" if spec.physics.forces else ""
        named = ", ".join(f"{name}={value!r}" for name, value in chosen.items())
        return f"Problem({named}{forces}{several}, seed={spec.seed})"

    def _shapes(self, bodies: Bodies) -> list[dict[str, tuple[int, ...]]]:
        return shapes_of(self.spec.weighted, bodies, self.spec.physics.steps)

    def _flat(self, weights: Any, bodies: Bodies) -> np.ndarray:
        return flat_weights(weights, self._shapes(bodies))

    def _split(self, flat: np.ndarray, bodies: Bodies) -> list[np.ndarray]:
        sizes = [sum(int(np.prod(shape)) for shape in own.values()) for own in self._shapes(bodies)]
        return split_at(flat, sizes)

    def _shaped_like(self, weights: Any, gradient: np.ndarray, bodies: Bodies) -> Any:
        """Return a gradient in the form in which weights were given."""
        own = Weights(gradient, self._shapes(bodies))
        if isinstance(weights, Weights):
            return own
        if isinstance(weights, Mapping):
            return own[0]
        several = isinstance(weights, Sequence) and len(weights) and isinstance(weights[0], Mapping)
        return list(own) if several else gradient

    def _results(self, found: Evaluations, bodies: Bodies, names: Sequence[str]) -> Results:
        return Results(
            names=tuple(names) or tuple(f"body-{number}" for number in range(len(found))),
            fitness=found.fitness,
            curves=found.curves,
            best_iteration=found.best_iteration,
            status=status_labels(found.status),
            measures=found.measures,
            world_fitness=found.world_fitness,
            weights=Weights(found.weights.astype(np.float64), self._shapes(bodies)),
            bodies=bodies,
        )


def _identities(count: int) -> np.ndarray:
    """Return the identities of the first generation's individuals, int64, shape (count, 2)."""
    return np.stack([np.zeros(count, np.int64), np.arange(count)], axis=1)


def _identifier(name: str) -> str:
    """Return a name as an id of a recording: letters, digits, dots, dashes and underscores."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name)
    return kept.lstrip("._-") or "body"
