"""Putting bodies from files onto one lattice, as genomes, and taking genomes off a lattice again."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from codesign.errors import GenomeError
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.cropping import cropped, same_edges
from codesign.genome import LATTICES, Genome, Genomes, Lattice, LatticeSettings, check_whole


def settings_of(plans: Sequence[BodyPlan]) -> LatticeSettings:
    """Return the settings of the smallest lattice that all plans fit on, at least one.

    Raises:
        FormatError: plans of several kinds of lattice, of several sizes of cells, or of none.
    """
    kinds = {plan.lattice for plan in plans}
    if len(kinds) > 1 or "" in kinds:
        named = " and ".join(sorted(kind or "masses and springs" for kind in kinds))
        raise FormatError("bodies on one kind of lattice", f"bodies of {named}", "give the files apart")
    given = dict[str, Any]()
    for plan in plans:
        for field, value in plan.settings.items():
            if given.setdefault(field, value) != value:
                got = f"{field} {given[field]} and {value} ({plan.name})"
                raise FormatError("bodies of cells of one size and kind", got, "give the files apart")
    kind = LATTICES[plans[0].lattice]
    shape = np.max([plan.cells.shape for plan in plans], axis=0).tolist()
    return kind(**{**given, **dict(zip(kind.extents, shape, strict=True))})


def enlarged(settings: LatticeSettings, plans: Sequence[BodyPlan]) -> LatticeSettings:
    """Return settings of a lattice that has room for all plans too, unchanged if it has.

    Empty cells around a body count only where there is room for them.

    Raises:
        FormatError: plans of another kind of lattice.
    """
    for plan in plans:
        if plan.lattice != settings.name:
            got = f"one of {plan.lattice or 'masses and springs'} ({plan.name})"
            raise FormatError(f"bodies on a lattice of kind {settings.name}", got, "choose a lattice of their kind")
    shape = np.max([settings.shape, *(_sized(plan, settings.shape).cells.shape for plan in plans)], axis=0).tolist()
    return replace(settings, **dict(zip(settings.extents, shape, strict=True)))


def genomes_of(plans: Sequence[BodyPlan], settings: LatticeSettings) -> Genomes:
    """Return the plans, at least one, as genomes on a lattice.

    Each array lies in the corner of lowest coordinates, without the empty cells around its body if those have no room.

    Raises:
        FormatError: a plan of another kind of lattice, larger than it, without a filled cell, or in pieces.
    """
    lattice = settings.build()
    genomes = [_placed(plan, settings, lattice) for plan in plans]
    for plan, genome in zip(plans, genomes, strict=True):
        try:
            check_whole(lattice, Genomes.stack([genome]))
        except GenomeError as error:
            got = error.got.removesuffix(" of genome 0").removesuffix(" in genome 0")
            remedy = "join the pieces by cells that share a side, or leave the body out"
            raise FormatError(error.expected, f"{got} (body {plan.name})", remedy) from error
    return Genomes.stack(genomes)


def _placed(plan: BodyPlan, settings: LatticeSettings, lattice: Lattice) -> Genome:
    if plan.lattice != settings.name or len(plan.cells.shape) != len(settings.shape):
        got = f"{plan.name} on one of {plan.lattice or 'masses and springs'}"
        raise FormatError(f"bodies on a lattice of kind {settings.name}", got, "choose a lattice of their kind")
    plan = _sized(plan, settings.shape)
    if _exceeds(plan, settings.shape):
        extents = ", ".join(f"{name}={size}" for name, size in zip(settings.extents, plan.cells.shape, strict=True))
        got = f"{plan.name} of {' x '.join(map(str, plan.cells.shape))}"
        raise FormatError(f"bodies that fit on {lattice.title} cells", got, f"enlarge the lattice to {extents}")
    cells = np.zeros(settings.shape, dtype=np.uint8)
    cells[tuple(slice(extent) for extent in plan.cells.shape)] = plan.cells
    muscles = np.ones(len(lattice.edges), dtype=np.uint8)
    if plan.muscles is not None and lattice.muscle_genes:
        own = replace(settings, **dict(zip(settings.extents, plan.cells.shape, strict=True))).build()
        if plan.muscles.shape != (len(own.edges),):
            expected = f"{len(own.edges)} muscle bits, one for each edge of {own.title} cells"
            raise FormatError(expected, f"{plan.muscles.shape} for {plan.name}", "check the file")
        muscles[same_edges(own, lattice, own.node_coordinates)] = plan.muscles
    return Genome(cells.ravel(), muscles)


def _sized(plan: BodyPlan, shape: Sequence[int]) -> BodyPlan:
    """Return a plan, without the empty cells around its body if an array of a shape has no room for them."""
    return cropped(plan) if _exceeds(plan, shape) else plan


def _exceeds(plan: BodyPlan, shape: Sequence[int]) -> bool:
    return any(own > room for own, room in zip(plan.cells.shape, shape, strict=True))


def plans_of(genomes: Genomes, settings: LatticeSettings, names: Sequence[str]) -> list[BodyPlan]:
    """Return genomes on a lattice as plans of these names, each on an array of the lattice's shape.

    Their settings are the side of a cell, and what else makes this lattice another than its kind's default one.
    """
    lattice = settings.build()
    apart = {"name", "fill", "muscle", *settings.extents}
    given = {
        field.name: getattr(settings, field.name)
        for field in fields(settings)
        if field.name == "side" or (field.name not in apart and getattr(settings, field.name) != field.default)
    }
    return [
        BodyPlan(
            name=name,
            lattice=settings.name,
            cells=genomes.cells[number].reshape(lattice.shape).copy(),
            muscles=genomes.muscles[number].copy() if lattice.muscle_genes else None,
            settings=given,
        )
        for number, name in enumerate(names)
    ]
