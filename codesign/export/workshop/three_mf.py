"""Bodies as 3MF, the printers' format with units and materials: an object for each material, in one assembly.

The core of the format is a small XML text in a zip, so that it is written here; lib3mf reads it in the tests.
"""

import io
import zipfile
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.recording import Gallery, Recording
from codesign.export.workshop.settings import PrintSettings
from codesign.export.workshop.solid import Solid
from codesign.export.workshop.solids import solids

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MODEL_TYPE = "application/vnd.ms-package.3dmanufacturing-3dmodel+xml"
_CONTENT_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Default Extension="model" ContentType="{_MODEL_TYPE}"/></Types>\n'
)
_RELATIONSHIPS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Target="/3D/3dmodel.model" Id="model" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>\n'
)
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell, for the same bytes every time."""


def write_3mf(gallery: Gallery, path: Path, settings: PrintSettings | None = None) -> list[Path]:
    """Write a 3MF file for each design, named as `Exporter.write` says, and return the files.

    Raises:
        RecordingError: a body that cannot be printed so.
        OutputError: `path` cannot be written to.
    """
    return each_design(partial(_write_one, settings=settings or PrintSettings()), gallery, path)


def _write_one(recording: Recording, path: Path, settings: PrintSettings) -> None:
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONSHIPS,
        "3D/3dmodel.model": _model(recording.design, solids(recording, settings, apart=True)),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(zipfile.ZipInfo(name, _EARLIEST), text, zipfile.ZIP_DEFLATED)
    files.write_bytes(path, packed.getvalue())


def _model(design: str, bodies: list[Solid]) -> str:
    materials = "".join(
        f"<base name={quoteattr(body.name)} displaycolor={quoteattr(body.colour.upper())}/>\n" for body in bodies
    )
    # Identifiers of resources are shared: 1 are the materials, 2 and more the objects, the last one the assembly.
    objects = "".join(_object(number + 2, number, body) for number, body in enumerate(bodies))
    components = "".join(f'<component objectid="{number + 2}"/>' for number in range(len(bodies)))
    assembly = len(bodies) + 2
    return (
        f'{_HEAD}<model unit="millimeter" xml:lang="en-US" '
        'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">\n'
        f'<metadata name="Title">{escape(design)}</metadata>\n<metadata name="Application">codesign</metadata>\n'
        f'<resources>\n<basematerials id="1">\n{materials}</basematerials>\n{objects}'
        f'<object id="{assembly}" type="model" name={quoteattr(design)}>\n'
        f"<components>{components}</components></object>\n"
        f'</resources>\n<build><item objectid="{assembly}"/></build>\n</model>\n'
    )


def _object(identifier: int, material: int, body: Solid) -> str:
    vertices = "\n".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in body.vertices.astype(str).tolist())
    triangles = "\n".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in body.triangles.tolist())
    return (
        f'<object id="{identifier}" type="model" name={quoteattr(body.name)} pid="1" pindex="{material}"><mesh>\n'
        f"<vertices>\n{vertices}\n</vertices>\n<triangles>\n{triangles}\n</triangles>\n</mesh></object>\n"
    )
