"""Co-design of bodies and controllers: evolution changes a body, differentiable simulation teaches it to move.

The names of this module are the public Python interface, see docs/python.md. Each is loaded when it is first used, so
that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codesign.api import (
        NamedBodies,
        PlacedGenome,
        PlacedGenomes,
        Problem,
        Results,
        Run,
        Weights,
        WeightsError,
        analyze,
        compare,
        evolve,
        load,
        open_run,
        resume,
    )
    from codesign.body import Bodies, Body
    from codesign.errors import CodesignError
    from codesign.export import Recording
    from codesign.genome import Genome, Genomes
    from codesign.plugins import register

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("NamedBodies", "PlacedGenome", "PlacedGenomes", "Problem", "Results", "Run"), "codesign.api"),
    **dict.fromkeys(("Weights", "WeightsError", "analyze", "compare"), "codesign.api"),
    **dict.fromkeys(("evolve", "load", "open_run", "resume"), "codesign.api"),
    **dict.fromkeys(("Bodies", "Body"), "codesign.body"),
    "CodesignError": "codesign.errors",
    "Recording": "codesign.export",
    **dict.fromkeys(("Genome", "Genomes"), "codesign.genome"),
    "register": "codesign.plugins",
}
"""Where each public name is from."""

_ROOMS = frozenset(
    {
        *(
            "analysis",
            "body",
            "control",
            "differentiable",
            "errors",
            "evaluate",
            "export",
            "formats",
            "genome",
            "gym",
            "plugins",
            "run",
            "search",
            "sim",
        ),
        *("tasks", "testing", "torch", "train", "trainability"),
    }
)
"""Parts of the package that `codesign.NAME` loads too, for settings and plug-ins: `codesign.tasks.Walk()`."""

__all__ = [
    "Bodies",
    "Body",
    "CodesignError",
    "Genome",
    "Genomes",
    "NamedBodies",
    "PlacedGenome",
    "PlacedGenomes",
    "Problem",
    "Recording",
    "Results",
    "Run",
    "Weights",
    "WeightsError",
    "analyze",
    "compare",
    "evolve",
    "load",
    "open_run",
    "register",
    "resume",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"codesign.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'codesign' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS, *(name for name in globals() if name.startswith("__"))})
