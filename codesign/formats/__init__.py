"""Files of bodies: those of other systems and this one's own, as body plans and genomes.

Nothing here runs what is in a file, and nothing knows the simulator.
"""

from pathlib import Path

from codesign.formats import reading
from codesign.formats.bodies_json import BODIES
from codesign.formats.bodies_json import encode as encode_bodies
from codesign.formats.body_plan import BodyPlan, FormatError, Inexpressible, replacements
from codesign.formats.cropping import cropped
from codesign.formats.eldir import ELDIR
from codesign.formats.evogym import EVOGYM
from codesign.formats.evogym_dataset import EVOGYM_DATASET
from codesign.formats.evogym_run import EVOGYM_RUN
from codesign.formats.evogym_world import EVOGYM_WORLD
from codesign.formats.format import Format
from codesign.formats.placing import enlarged, genomes_of, plans_of, settings_of
from codesign.formats.polycubes import POLYCUBES
from codesign.formats.recording_file import DESIGN, RECORDING
from codesign.formats.text import TEXT, drawing_of
from codesign.formats.voxcraft import VOXCRAFT

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        BODIES,
        EVOGYM,
        EVOGYM_RUN,
        EVOGYM_WORLD,
        EVOGYM_DATASET,
        VOXCRAFT,
        ELDIR,
        POLYCUBES,
        TEXT,
        RECORDING,
    )
}
"""Every format by its name, in the order in which a file is tried."""


def read_plans(path: Path, *, lenient: bool = False) -> list[BodyPlan]:
    """Return every body in a file or folder, see `codesign.formats.reading.read_plans`."""
    return reading.read_plans(FORMATS, path, lenient=lenient)


def format_of(path: Path) -> Format:
    """Return the format of a file or folder, see `codesign.formats.reading.format_of`."""
    return reading.format_of(FORMATS, path)


__all__ = [
    "DESIGN",
    "FORMATS",
    "BodyPlan",
    "Format",
    "FormatError",
    "Inexpressible",
    "cropped",
    "drawing_of",
    "encode_bodies",
    "enlarged",
    "format_of",
    "genomes_of",
    "plans_of",
    "read_plans",
    "replacements",
    "settings_of",
]
