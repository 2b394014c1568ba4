"""`codesign analyze`: several runs side by side, what their designs learn anew, or the gradients of designs."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codesign.analysis import Comparison
from codesign.cli.analyze_gradient import FOLDER, prepare_gradient, require_none_of_gradient
from codesign.cli.analyze_trainability import (
    ASKS,
    LANDSCAPE_KEYS,
    asked_for,
    prepare_trainability,
    require_none_of_trainability,
)
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.catalogue import PLUGINS_MEANING
from codesign.cli.docstrings import field_meanings
from codesign.cli.output_folder import repeatable
from codesign.cli.run_records import comparison_of, runs_in
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.suggestions import listed, nearest, typed
from codesign.errors import CodesignError, ConfigError, RunError
from codesign.evaluate import EVALUATORS
from codesign.export import require_absent, write_comparison, write_comparison_json
from codesign.landscape import LandscapeSettings
from codesign.run import RunFolder
from codesign.sensitivity import GradientSettings
from codesign.trainability import PAGE, RESULT, AnalysisSettings, Findings, write_findings

WRITERS: dict[str, tuple[str, Callable[[Comparison, Path], list[Path]]]] = {
    "html": (".html", write_comparison),
    "json": (".json", write_comparison_json),
}
"""Suffix and function of each format that comparisons are written in."""

FOLDER_OF_COMPARISONS = "analysis"
"""Folder that comparisons are written to, unless another one is asked for."""

MEANINGS = {
    "run": "folder of a run or of a sweep, or a list of these: runs that are finished or go on.",
    "format": f"{listed(WRITERS)}, or a list.",
    "output": f"folder that comparison.html and comparison.json are written to, null for analysis; with gradient=true"
    f" that of gradient.json, gradient.txt and figures, null for {FOLDER} in the run's folder.",
    "gradient": "whether to measure how far the gradients of designs of one run hold, instead of comparing runs; what"
    " follows is for this.",
    "design": "best, top5 (or another number), lineage, generation:3 (all valid designs of one), an id such as"
    " g012-i0007, or a list of these; null for best.",
    "when": "weights that are looked at, before or after learning, or a list of both; null for both.",
    "overwrite": "whether files that are there already are replaced; what designs learned anew is kept and used again.",
    "threads": "threads of the simulator while designs learn anew, 0 for one per core; null for those of the runs.",
    "device": "device of the simulator meanwhile, such as cpu or cuda:0; null for that of the runs.",
    "plugins": PLUGINS_MEANING,
}


def analyze_catalogue() -> Catalogue:
    """Return what the configuration holds."""
    values: dict[str, Any] = {"run": Any, "format": Any, "output": str | None, "overwrite": bool, "plugins": Any}
    values |= {"gradient": bool, "design": Any, "when": Any, "horizons": list[int], "seed": int}
    values |= dict.fromkeys(("perturbations", "exponents", "window", "directions", "line_points", "random_lines"), int)
    values |= dict.fromkeys(("line_length", "jump_threshold"), float)
    values |= dict.fromkeys(("inits", "designs", "depth", "copies", "random_designs", "draws", "threads"), int | None)
    values |= {"baseline": Any, "generations": Any, "move": float | None, "landscape": bool, "device": str | None}
    values |= {key: type(item.default) | None for key, item in LANDSCAPE_KEYS.items()}
    anew = dict(field_meanings(AnalysisSettings))
    for item in fields(AnalysisSettings):
        usual = item.default
        if usual is not None and not isinstance(usual, bool):
            shown = f"[{','.join(map(str, usual))}]" if isinstance(usual, tuple) else usual
            anew[item.name] = _with_default(anew[item.name], shown)
    around = field_meanings(LandscapeSettings)
    anew |= {key: _with_default(around[item.name], item.default) for key, item in LANDSCAPE_KEYS.items()}
    anew["landscape"] += " What of them is set by the keys that begin with landscape_."
    for name in ASKS:
        anew[name] += " One of inits, designs and baseline asks for designs to learn anew."
    seed = {"seed": "of what is chosen, drawn and resampled."}
    meanings = {**MEANINGS, **anew, **field_meanings(GradientSettings), **seed}
    return Catalogue({"evaluator": EVALUATORS}, {}, values, meanings)


def _with_default(meaning: str, shown: object) -> str:
    return f"{meaning.rstrip('.')}; null for {shown}."


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation; that folders are runs is seen here, and what is in them when the work begins.

    Raises:
        ConfigError: a format that does not exist, or a setting of the wrong type.
        RunError: no folder, or none that is a run's.
        OutputError: a file is there already.
    """
    settings = build(analyze_catalogue(), invocation.config)
    if settings["gradient"]:
        require_none_of_trainability(settings)
        return prepare_gradient(settings)
    anew = asked_for(settings)
    require_none_of_gradient({**settings, "seed": GradientSettings().seed} if anew else settings)
    formats = typed("format", settings["format"])
    for name in formats:
        if name not in WRITERS:
            remedy = nearest(name, WRITERS, "choose one of these")
            raise ConfigError(f"format to be any of {listed(WRITERS)}", repr(name), remedy)
    if settings["run"] is None:
        raise RunError("folders of runs", "none", "name them, as in codesign analyze run=[FOLDER,FOLDER]")
    paths = [Path(word) for word in typed("run", settings["run"])]
    _require_a_run([each for path in paths for each in runs_in(path)])
    output = Path(settings["output"] or FOLDER_OF_COMPARISONS)
    files = {output / f"comparison{WRITERS[name][0]}": WRITERS[name][1] for name in formats}
    if not settings["overwrite"]:
        # All are written at the end: where none is, an analysis was interrupted and goes on.
        found = [output / (RESULT if "json" in formats else PAGE)] if anew else []
        require_absent([*found, *files])
    if anew:
        return prepare_trainability(settings, paths, output, partial(_write_findings, files, formats, output))
    return Plan(output, partial(_write, paths, files))


def _require_a_run(paths: Sequence[Path]) -> None:
    errors = list[CodesignError]()
    for path in paths:
        try:
            RunFolder(path).require_run()
        except CodesignError as error:
            errors.append(error)
    if errors and len(errors) == len(paths):
        raise errors[0]


def _write(paths: Sequence[Path], files: dict[Path, Callable[[Comparison, Path], list[Path]]]) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    comparison = comparison_of(paths)
    console.print(str(comparison), markup=False)
    with repeatable("output"):
        for path, write in files.items():
            for written in write(comparison, path):
                console.print(str(written), markup=False)
    return 0


def _write_findings(
    files: dict[Path, Callable[[Comparison, Path], list[Path]]],
    formats: Sequence[str],
    output: Path,
    found: Findings,
) -> list[Path]:
    """Write runs side by side, and what was found beside them."""
    written = [each for path, write in files.items() for each in write(found.comparison, path)]
    return [*written, *write_findings(found, output, formats)]


COMMAND = Command("analyze", "analyze", analyze_catalogue, prepare)
