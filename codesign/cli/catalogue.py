"""What an experiment's configuration is made of: the registries of all rooms, and what their entries make together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from codesign.body import Tissue
from codesign.checks import require_default
from codesign.cli.docstrings import summary
from codesign.cli.given_bodies import given_bodies, require_lattice
from codesign.cli.progress import Logger
from codesign.cli.schemas import Catalogue
from codesign.control import CONTROLLERS
from codesign.errors import ConfigError
from codesign.evaluate import EVALUATORS, EvaluationSpec, Worlds
from codesign.formats import BodyPlan
from codesign.genome import LATTICES, VARIATIONS, VariationSettings
from codesign.run import LOGGERS, CheckpointSettings, Experiment, FirstDesigns, read_weights
from codesign.search import SEARCHES
from codesign.sim import CONTACTS, FORCES, Execution, Physics
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS, BodyLearning

PLUGINS_MEANING = (
    "module with tasks, terrains, controllers and so on of your own, or a list of such, found in the working folder or"
    " as installed."
)

TRIAL_MEANINGS = {
    "seed": "seed of everything random: designs, their first controllers, what differs between worlds.",
    "weights": "file of weights that all designs start to learn from, for controllers that fit any body; null for"
    " random ones.",
    "plugins": PLUGINS_MEANING,
}

EXPERIMENT_MEANINGS = {
    **TRIAL_MEANINGS,
    "title": "what the run, its page and its pictures are called.",
    "run": "folder of a run to go on with; null for a new run.",
    "lenient": "whether what given bodies have and bodies here cannot have is replaced and told, instead of refused.",
}


def trial_catalogue() -> Catalogue:
    """Return what decides how one design is evaluated."""
    return Catalogue(
        choices={
            "body.lattice": LATTICES,
            "controller": CONTROLLERS,
            "task": TASKS,
            "terrain": TERRAINS,
            "learner": LEARNERS,
            "sim.contact": CONTACTS,
        },
        records={
            "body.tissue": Tissue,
            "sim": Physics,
            "execution": Execution,
            "conditions": Worlds,
            "learner.body": BodyLearning,
        },
        values={"seed": int, "weights": str | None, "plugins": Any},
        meanings=TRIAL_MEANINGS,
        collections={"forces": FORCES},
    )


def experiment_catalogue() -> Catalogue:
    """Return what decides a whole run, and how it is shown."""
    trials = trial_catalogue()
    operators = {
        f"mutation.weights.{name}": summary(getattr(operator, "function", operator))
        for name, operator in VARIATIONS.items()
    }
    return Catalogue(
        choices={**trials.choices, "search": SEARCHES, "evaluator": EVALUATORS},
        records={
            **trials.records,
            "mutation": VariationSettings,
            "checkpoints": CheckpointSettings,
            "logger": Logger,
        },
        values={**trials.values, "title": str, "run": str | None, "lenient": bool},
        meanings={**EXPERIMENT_MEANINGS, **operators},
        collections={**trials.collections, "loggers": LOGGERS},
    )


def evaluation_spec_of(settings: Mapping[str, Any]) -> EvaluationSpec:
    """Return how one design is evaluated, from settings by dotted key.

    Raises:
        ConfigError: settings that do not go together, or a file of weights that is none or of another controller's.
    """
    start: tuple[float, ...] = ()
    if settings["weights"] is not None:
        dimension = settings["body.lattice"].build().dim
        start = read_weights(Path(settings["weights"]), settings["controller"], dimension)
    return EvaluationSpec(
        lattice=settings["body.lattice"],
        tissue=settings["body.tissue"],
        physics=replace(settings["sim"], forces=settings["forces"]),
        execution=settings["execution"],
        controller=settings["controller"],
        task=settings["task"],
        terrain=settings["terrain"],
        learner=settings["learner"],
        seed=settings["seed"],
        worlds=settings["conditions"],
        start=start,
    )


def require_effect(settings: Mapping[str, Any]) -> None:
    """Check that settings which a user chose have an effect, given settings by dotted key.

    Raises:
        ConfigError: one of the learner's, the search's or the mutations' has none, or none together with the others'.
    """
    for section in ("learner", "search", "mutation"):
        try:
            if section in settings:
                settings[section].require_effect()
        except ConfigError as error:
            raise error.within(section) from error
    body, search = settings["learner"].body, settings.get("search")
    if search is not None:
        try:
            remedy = "set {field}=false, or let bodies learn in a search whose designs have parents"
            require_default(body, "inherit", not (body.learned and search.heredity), remedy)
        except ConfigError as error:
            raise error.within("learner.body") from error


def experiment_of(settings: Mapping[str, Any], given: Sequence[tuple[str, BodyPlan]] = ()) -> Experiment:
    """Return the experiment, from settings by dotted key.

    Args:
        settings: of everything.
        given: bodies that stand for those in the files of `search.first`, each with what it is from.

    Raises:
        ConfigError: settings that do not go together.
        FormatError: first designs that cannot be read, or are on another lattice.
    """
    first, search, lattice = None, settings["search"], settings["body.lattice"]
    if search.first is not None and not given:
        bodies = given_bodies("search.first", search.first, lenient=settings["lenient"])
        require_lattice(bodies, lattice)
        given = [(body.file, body.plan) for body in bodies]
    if given:
        first = FirstDesigns.of(given, lattice, search.population_size, symmetric=search.symmetric)
    return Experiment(
        trial=evaluation_spec_of(settings),
        variation=settings["mutation"],
        search=search,
        evaluator=settings["evaluator"],
        checkpoints=settings["checkpoints"],
        title=settings["title"],
        first=first,
    )
