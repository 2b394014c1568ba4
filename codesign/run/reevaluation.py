"""The best designs of a finished run from new starts: what they are worth without the luck that selected them."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from codesign.analysis import NewStarts
from codesign.errors import DesignError, RunError
from codesign.evaluate import EvaluationSpec, EvaluatorListener, KeptWeights, Request
from codesign.files import write_text
from codesign.reading import MOST, json_value, read_bytes
from codesign.run.designs import design_id, identity_of
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.search import Individuals
from codesign.train import LATER

FORMAT = 1
"""Number of the format of the file."""


def from_new_starts(
    experiment: Experiment, population: Individuals, tried: Sequence[int], generation: int, listener: EvaluatorListener
) -> NewStarts | None:
    """Evaluate the best members of a population from starts that they have not had, None where none is valid.

    They learn from scratch, as designs of the first generation do: what they inherited, and what their learned bodies
    inherited, is drawn too.

    Args:
        experiment: the run's.
        population: members, best first.
        tried: from how many starts each has learned already.
        generation: after which they live.
        listener: told how it goes.

    Raises:
        EvaluatorError: nobody is left to evaluate.
    """
    search = experiment.search
    order = population.best_first()
    best = [place for place in order.tolist() if np.isfinite(population.fitness[place])][: search.final_designs]
    if not best:
        return None
    chosen = population.take(np.array(best))
    places = np.repeat(np.arange(len(best)), search.final_starts)
    attempts = np.concatenate([np.arange(search.final_starts) + tried[place] for place in best])
    request = Request(
        chosen.genomes[places], chosen.identities[places], keep=KeptWeights(0), attempts=attempts.astype(np.int64)
    )
    with experiment.evaluator.start(_from_scratch(experiment.trial)) as evaluator:
        evaluator.listener = listener
        found = evaluator.evaluate(request)
    names = tuple(design_id(*identity) for identity in chosen.identities.tolist())
    fitness = found.fitness.reshape(len(best), search.final_starts)
    return NewStarts(generation, names, chosen.fitness, fitness, found.robot_steps)


def _from_scratch(spec: EvaluationSpec) -> EvaluationSpec:
    """Return how designs of the first generation are evaluated, whenever they were born; without their falls."""
    later = dict.fromkeys(item.name for item in fields(spec.learner) if item.name.startswith(LATER))
    return replace(spec, learner=replace(spec.learner, **later), worlds=replace(spec.worlds, unactuated=False))


def write_new_starts(folder: RunFolder, found: NewStarts) -> None:
    """Write the file of a run's best designs from new starts, whole or not at all.

    Raises:
        OutputError: the folder cannot be written to.
    """
    rows = [
        {
            "design": design,
            "fitness": fitness,
            "from_new_starts": [each if np.isfinite(each) else None for each in starts],
        }
        for design, fitness, starts in zip(
            found.designs, found.fitness.tolist(), found.from_new_starts.tolist(), strict=True
        )
    ]
    about = {"format": FORMAT, "generation": found.generation, "robot_steps": found.robot_steps, "designs": rows}
    write_text(folder.reevaluation, json.dumps(about, allow_nan=False) + "\n", make_folder=False)


def read_new_starts(folder: RunFolder) -> NewStarts | None:
    """Return what a run's best designs are worth from new starts, None where that is not there.

    Raises:
        RunError: the file cannot be read, or holds something else.
    """
    path = folder.reevaluation
    try:
        about = json_value(read_bytes(path, MOST.recording))
        rows = about["designs"]
        if about["format"] != FORMAT or not rows:
            raise ValueError(f"format {about['format']!r} with {len(rows)} designs")
        names = tuple(design_id(*identity_of(row["design"])) for row in rows)
        fitness = np.array([row["fitness"] for row in rows], dtype=np.float64)
        starts = np.array(
            [[-np.inf if each is None else each for each in row["from_new_starts"]] for row in rows], dtype=np.float64
        )
        counts = about["generation"], about["robot_steps"]
        if any(type(each) is not int or each < 0 for each in counts) or len(set(names)) < len(names):
            raise ValueError("numbers below 0, or a design twice")
        if starts.ndim != 2 or not starts.shape[1] or fitness.shape != (len(rows),):
            raise ValueError("designs of unlike numbers of starts")
        return NewStarts(counts[0], names, fitness, starts, counts[1])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, DesignError) as error:
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        got = f"{path} ({said})"
        remedy = "remove the file, and go on with the run, which makes it again"
        raise RunError("fitness of designs from new starts", got, remedy) from error
