"""Files for a workshop: meshes for a printer, lists of parts and drawings to scale."""

from codesign.export.workshop.parts import BESIDE, SUFFIX, write_parts
from codesign.export.workshop.settings import PrintSettings
from codesign.export.workshop.stl import write_stl
from codesign.export.workshop.three_mf import write_3mf

__all__ = ["BESIDE", "SUFFIX", "PrintSettings", "write_3mf", "write_parts", "write_stl"]
