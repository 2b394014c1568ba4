"""Selections: short texts, such as `top5`, that say which designs of a run are meant."""

import re
from collections.abc import Mapping
from dataclasses import replace

from codesign.errors import DesignError, RunError
from codesign.run.design_tables import DesignTables
from codesign.run.designs import Design, design_id, identity_of
from codesign.run.folder import RunFolder
from codesign.run.start_tables import StartTables

FORMS = "best, top5, lineage, generation:3, or an id such as g012-i0007"

_TOP = re.compile(r"top(\d+)")
_GENERATION = re.compile(r"generation:(\d+)")


def select(folder: RunFolder, selection: str) -> list[Design]:
    """Return the designs that a selection means, the best first, none twice, with their fitness by all their starts.

    Args:
        folder: the run's.
        selection: "best"; "top5", the five best of all generations; "lineage", the best and its ancestors through first
            parents, the youngest first; "generation:3", all valid ones of that generation; the id of a design; or
            several of these with commas between.

    Raises:
        DesignError: a selection of another form, or one that the run has nothing for.
        RunError: the folder is not that of a run, or a table of designs cannot be read or has a lineage that does not
            lead back in time.
    """
    folder.require_run()
    tables, judged = DesignTables(folder), StartTables(folder).judged()
    chosen: dict[tuple[int, int], Design] = {}
    for part in selection.split(","):
        for design in _chosen(tables, folder, part.strip(), judged):
            chosen.setdefault(design.identity, design)
    return [replace(each, fitness=judged.get(each.identity, each.fitness)) for each in chosen.values()]


def _chosen(
    tables: DesignTables, folder: RunFolder, part: str, judged: Mapping[tuple[int, int], float]
) -> list[Design]:
    """Return the designs that one part of a selection means."""
    if part == "lineage":
        return _lineage(tables, _some(folder, tables.ranking(1, judged=judged))[0])
    if part == "best":
        return tables.find(_some(folder, tables.ranking(1, judged=judged)))
    if match := _TOP.fullmatch(part):
        if int(match[1]) < 1:
            raise DesignError("at least one design", repr(part), "ask for top1 or more")
        return tables.find(_some(folder, tables.ranking(int(match[1]), judged=judged)))
    if match := _GENERATION.fullmatch(part):
        generation = int(match[1])
        known = tables.generations()
        if generation not in known:
            there = f"0 to {known[-1]}" if known else "none yet"
            raise DesignError(f"a generation of this run ({there})", str(generation), "choose one of these")
        return tables.find(_some(folder, tables.ranking(generations=[generation], judged=judged)))
    try:
        return tables.find([identity_of(part)])
    except DesignError as error:
        if part[:1] == "g" and part[1:2].isdigit():
            raise
        raise DesignError(FORMS, repr(part), "choose one of these forms") from error


def _some(folder: RunFolder, identities: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if not identities:
        remedy = "let the run go on, or name a design by its id"
        raise DesignError(f"a valid design in {folder.path}", "none", remedy)
    return identities


def _lineage(tables: DesignTables, youngest: tuple[int, int]) -> list[Design]:
    """Return a design and its ancestors through first parents."""
    line = tables.find([youngest])
    while line[-1].parents:
        child, parent = line[-1], line[-1].parents[0]
        if parent[0] >= child.identity[0]:
            got = f"{child.id} with the parent {design_id(*parent)}"
            raise RunError("designs whose parents are of earlier generations", got, "restore the tables of designs")
        line += tables.find([parent])
    return line
