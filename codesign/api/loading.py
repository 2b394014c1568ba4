"""Bodies from files of any format that codesign reads."""

import warnings
from pathlib import Path

import numpy as np

from codesign.api.genomes import NamedBodies, PlacedGenomes
from codesign.api.mistakes import in_python, path_of
from codesign.body import Bodies
from codesign.formats import BodyPlan, FormatError, genomes_of, read_plans, settings_of

_BODIES = ("mass_start", "spring_start", "cell_start", "positions", "springs", "rest_lengths", "stiffness", "swings")


def load(path: str | Path, *, lenient: bool = False) -> PlacedGenomes | NamedBodies:
    r"""Return the bodies in a file or folder: genomes where it gives cells, else bodies of masses and springs.

    Genomes are on the smallest lattice that all of them fit on, and know it: a problem develops them there, whatever
    its own grid is.

    Args:
        path: a file of a format in `codesign.formats.FORMATS`, or a folder of such files.
        lenient: whether what bodies here cannot have is replaced, with a warning for each body, instead of refused.

    Raises:
        FormatError: no such file, none that holds bodies, one that is damaged, or bodies that cannot be expressed here.

    Example:
        >>> import codesign, pathlib
        >>> pathlib.Path("robot.txt").write_text("RHHR\nV..V\n")
        10
        >>> robot = codesign.load("robot.txt")
        >>> robot.lattice.name, robot.lattice.shape, codesign.Problem(body="square").develop(robot).positions.shape
        ('square', (2, 4), (14, 2))
    """
    with in_python():
        plans = read_plans(path_of("path", path), lenient=lenient)
        for plan in plans:
            if plan.inexpressible:
                told = "; ".join(f"{each} {each.instead}" for each in plan.inexpressible)
                warnings.warn(f"{plan.name} of {path}: {told}", stacklevel=3)
        names = tuple(plan.name for plan in plans)
        fitness = np.array([np.nan if plan.fitness is None else plan.fitness for plan in plans], dtype=np.float64)
        if all(plan.lattice for plan in plans):
            settings = settings_of(plans)
            genomes = genomes_of(plans, settings)
            fixed = tuple(dict.fromkeys([*settings.extents, *plans[0].settings]))
            return PlacedGenomes(genomes.cells, genomes.muscles, settings, names, fixed, fitness)
        return _bodies(plans, path, names, fitness)


def _bodies(plans: list[BodyPlan], path: str | Path, names: tuple[str, ...], fitness: np.ndarray) -> NamedBodies:
    given = [plan.body for plan in plans if plan.body is not None]
    if len(given) < len(plans):
        got = f"some of cells and some of masses in {path}"
        raise FormatError("bodies of cells, or bodies of masses and springs", got, "load the files one by one")
    bodies = Bodies.of(given)
    properties = ("cells", "materials", "masses", "damping", "force_limits")
    arrays = {name: getattr(bodies, name) for name in (*_BODIES, *properties)}
    return NamedBodies(**arrays, names=names, fitness=fitness)
