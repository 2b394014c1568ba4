"""What is measured: simulations that differ in one thing at a time, and the bodies that they simulate."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from codesign.body import Bodies, Tissue, develop
from codesign.errors import ConfigError, MemoryBudgetError
from codesign.evaluate import batch_budget
from codesign.genome import Genomes, LatticeSettings, random_genomes
from codesign.sim import Execution, device_of
from codesign.sim.layout import MEBIBYTE, ROWS, bytes_per_world, layout_of
from codesign.streams import Purpose, draws_of

SIZES = ("mixed", "uniform")
"""Random bodies, each another; or the one of these with the median number of springs, in every world."""

REFERENCE = 256
"""Worlds at which grids, sizes, precisions and segments are compared, or the nearest number that is measured."""

SAMPLE = 256
"""Random bodies from which the uniform one is taken, and the expected size."""

COPIES = 3
"""Arrays as long as the weights that plain descent needs: the weights, their gradient, and the best so far."""


@dataclass(frozen=True)
class Case:
    """One simulation to measure.

    Attributes:
        lattice: what bodies grow on.
        sizes: an entry of `SIZES`.
        worlds: how many.
        execution: device, precision and segment.
    """

    lattice: LatticeSettings
    sizes: str
    worlds: int
    execution: Execution


def body_name(lattice: LatticeSettings) -> str:
    """Return a lattice as rows and tables name it."""
    return f"{lattice.name} {' x '.join(str(extent) for extent in lattice.shape)}"


def lattices(settings: Mapping[str, Any]) -> list[LatticeSettings]:
    """Return the body's own lattice, and the same with the grids to compare it with, by default its kind's own.

    Raises:
        ConfigError: a grid that is not as many whole numbers of 1 or more as the lattice has directions.
    """
    own: LatticeSettings = settings["body.lattice"]
    usual = type(own)()
    found = [own]
    if settings["grids"] is None:
        found.append(_sized(own, usual.shape))
    for grid in settings["grids"] or ():
        extents = re.fullmatch("x".join([r"([1-9]\d*)"] * len(own.extents)), grid)
        if extents is None:
            form = "x".join(extent.upper() for extent in own.extents)
            example = "x".join(str(extent) for extent in usual.shape)
            raise ConfigError(f"grids as a list of {form}", repr(grid), f"set for example grids=[{example}]")
        found.append(_sized(own, [int(extent) for extent in extents.groups()]))
    return list(dict.fromkeys(found))


def _sized(lattice: LatticeSettings, shape: Sequence[int]) -> LatticeSettings:
    return replace(lattice, **dict(zip(lattice.extents, shape, strict=True)))


def executions(settings: Mapping[str, Any]) -> list[Execution]:
    """Return one execution for each device that is measured: the one asked for, or the CPU and, if there is one, a GPU.

    Raises:
        ConfigError: a device that is not there, or an unknown precision.
    """
    given = replace(settings["execution"], precision=settings["precisions"][0])
    found = device_of(given)
    return [replace(given, device=name) for name in (["cpu", "cuda:0"] if _both(given, found) else [found.alias])]


def _both(execution: Execution, device: Any) -> bool:
    return execution.device == "auto" and device.is_cuda


def cases(settings: Mapping[str, Any], execution: Execution) -> list[Case]:
    """Return what is measured on one device, each once.

    The body's own lattice with the first sizes and precision is measured with every number of worlds; every other
    lattice, sizes, precision and segment with the number nearest to `REFERENCE`, unless it is to be `full`.

    Args:
        settings: by dotted key, as the command checks them.
        execution: on the device, in the first precision.
    """
    grids, sizes, precisions = lattices(settings), settings["sizes"], settings["precisions"]
    first = Case(grids[0], sizes[0], REFERENCE, execution)
    if settings["full"]:
        kinds = [
            replace(first, lattice=lattice, sizes=kind, execution=replace(execution, precision=precision))
            for precision in precisions
            for lattice in grids
            for kind in sizes
        ]
    else:
        kinds = [first]
    found = [replace(kind, worlds=worlds) for kind in kinds for worlds in settings["worlds"]]
    compared = replace(first, worlds=min(settings["worlds"], key=lambda worlds: abs(worlds - REFERENCE)))
    found += [replace(compared, lattice=lattice, sizes=kind) for lattice in grids for kind in sizes]
    found += [replace(compared, execution=replace(execution, precision=precision)) for precision in precisions]
    found += [replace(compared, execution=replace(execution, segment_steps=steps)) for steps in segments(settings)]
    return list(dict.fromkeys(found))


def segments(settings: Mapping[str, Any]) -> list[int]:
    """Return the segments to compare, none longer than the episode, the default left out."""
    steps = settings["sim"].steps
    chosen = settings["execution"].segment(steps)
    return [own for own in dict.fromkeys(min(wanted, steps) for wanted in settings["segments"]) if own != chosen]


def bodies_of(case: Case, tissue: Tissue, seed: int) -> Bodies:
    """Return the bodies of a case's worlds."""
    if case.sizes == "mixed":
        return random_bodies(case.lattice, tissue, seed, case.worlds)
    drawn = random_bodies(case.lattice, tissue, seed, SAMPLE)
    springs = np.diff(drawn.spring_start)
    median = np.argsort(springs, kind="stable")[len(springs) // 2]
    return drawn.take(np.full(case.worlds, median))


@lru_cache(maxsize=8)
def random_bodies(lattice: LatticeSettings, tissue: Tissue, seed: int, count: int) -> Bodies:
    """Return the first `count` random bodies of a seed."""
    built = lattice.build()
    return develop(built, random_genomes(built, lattice, draws_of(seed, 0, count, Purpose.GENOME)), tissue)


def bytes_needed(settings: Mapping[str, Any], bodies: Bodies, execution: Execution, copies: int = COPIES) -> np.ndarray:
    """Return the memory that each body takes, with so many arrays as long as its weights [bytes], shape (bodies,)."""
    row = 1 if device_of(execution).is_cuda else ROWS[execution.precision]
    layout, steps = layout_of(bodies, row), settings["sim"].steps
    return bytes_per_world(layout, settings["controller"], steps, execution, settings["task"].state_size, copies)


def require_memory(settings: Mapping[str, Any], planned: Sequence[Case]) -> None:
    """Check that every case fits into the memory, before anything is computed.

    Raises:
        MemoryBudgetError: one does not; the message says how many worlds would.
    """
    for case in planned:
        sample = bodies_of(replace(case, worlds=min(case.worlds, SAMPLE)), settings["body.tissue"], settings["seed"])
        needed = float(bytes_needed(settings, sample, case.execution).mean())
        budget = batch_budget(case.execution)
        if needed * case.worlds > budget:
            what = f"{case.sizes} {body_name(case.lattice)} bodies, segments of {_segment(settings, case)} steps"
            raise MemoryBudgetError(
                f"at most {int(budget / needed):,} worlds, which fit into {budget // MEBIBYTE:,} MiB ({what})",
                f"{case.worlds:,} that need {needed * case.worlds / MEBIBYTE:,.0f} MiB",
                "lower worlds, or raise execution.memory_mib" if case.execution.memory_mib else "lower worlds",
            )


def _segment(settings: Mapping[str, Any], case: Case) -> int:
    return case.execution.segment(settings["sim"].steps)


def memory_rows(settings: Mapping[str, Any], execution: Execution) -> Iterator[dict[str, Any]]:
    """Yield what a robot takes by lattice and segment: on average, and at most."""
    steps = settings["sim"].steps
    lengths = sorted({execution.segment(steps), *segments(settings)})
    for lattice in lattices(settings):
        built = lattice.build()
        drawn = random_bodies(lattice, settings["body.tissue"], settings["seed"], SAMPLE)
        whole = develop(built, Genomes.full(built), settings["body.tissue"])
        for length in lengths:
            own = replace(execution, segment_steps=length)
            yield {
                "body": body_name(lattice),
                "segment_steps": length,
                "precision": execution.precision,
                "bytes_per_robot": float(bytes_needed(settings, drawn, own).mean()),
                "bytes_of_largest": int(bytes_needed(settings, whole, own)[0]),
                "state_bytes_of_largest": int(bytes_needed(settings, whole, own, copies=0)[0]),
                "largest_masses": int(whole.mass_start[-1]),
                "largest_springs": int(whole.spring_start[-1]),
            }
