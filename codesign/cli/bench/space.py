"""Bodies of cubes in three dimensions beside triangles in two, both moved by a central pattern generator."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codesign.body import Tissue
from codesign.cli.bench.plan import REFERENCE, Case
from codesign.control import Cpg
from codesign.genome import LATTICES
from codesign.sim import Execution, Physics
from codesign.tasks import Flat, Rough, Walk

VOXEL_WORLDS = 64

_PLANAR = LATTICES["triangle"](rows=6, columns=10)


def cases_in_space(settings: dict[str, Any], execution: Execution) -> Iterator[tuple[dict[str, Any], Case]]:
    """Yield settings and case of what is compared on one device: triangles, cubes, and cubes on rough ground.

    Args:
        settings: by dotted key, as the command checks them; the length of episodes is theirs, and so are the cubes.
        execution: on the device, in the first precision.
    """
    common = {"controller": Cpg(), "task": Walk()}
    planar = common | {"body.tissue": Tissue(), "sim": Physics(steps=settings["sim"].steps), "terrain": Flat()}
    voxels = common | {"body.tissue": settings["cubes.tissue"], "sim": settings["cubes_sim"]}
    yield settings | planar, Case(_PLANAR, "mixed", REFERENCE, execution)
    cubes = Case(settings["cubes.lattice"], "mixed", VOXEL_WORLDS, execution)
    for terrain in (Flat(), Rough()):
        yield settings | voxels | {"terrain": terrain}, cubes


def comparison_in_space(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return lines that say how many springs are updated in 3D for one in 2D, from the rows of all cases."""
    lines = []
    for reverse, sweeps in ((False, "forward"), (True, "forward + reverse")):
        planar, *others = [row["spring_updates_per_second"] for row in rows if row["reverse"] == reverse]
        places = zip(others, ("", " on rough ground"), strict=True)
        ratios = ", ".join(f"x {other / planar:.2f}{where}" for other, where in places)
        lines.append(f"spring-updates/s of cubes in 3D to triangles in 2D, cpg, {sweeps}: {ratios}")
    return lines
