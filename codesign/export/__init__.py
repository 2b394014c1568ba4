"""Pictures of a run: recordings in, pages and files out. Knows no simulator."""

from codesign.export.chart import COLOURS, line_chart
from codesign.export.exporter import Exporter, each_design
from codesign.export.json_format import read_json, write_json
from codesign.export.mechanics import Mechanics, MechanicsError
from codesign.export.mjcf import CONTROL_SUFFIX, mjcf_text, write_mjcf
from codesign.export.mjcf_ground import height_at, slope_at
from codesign.export.notebook import page_in_frame
from codesign.export.picture import write_pictures
from codesign.export.plan import MOTIONS, ExportPlan, require_absent, require_motions
from codesign.export.recording import Gallery, History, Recording, RecordingError, Trajectory
from codesign.export.webpage import render_page, warn_of_size, write_page

EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter("html", ".html", write_page),
        Exporter("json", ".json", write_json, each=True),
        Exporter("mjcf", ".xml", write_mjcf, each=True, motions="one", beside=(CONTROL_SUFFIX,)),
        Exporter("png", ".png", write_pictures, each=True),
    )
}

__all__ = [
    "COLOURS",
    "EXPORTERS",
    "MOTIONS",
    "ExportPlan",
    "Exporter",
    "Gallery",
    "History",
    "Mechanics",
    "MechanicsError",
    "Recording",
    "RecordingError",
    "Trajectory",
    "each_design",
    "height_at",
    "line_chart",
    "mjcf_text",
    "page_in_frame",
    "read_json",
    "render_page",
    "require_absent",
    "require_motions",
    "slope_at",
    "warn_of_size",
]
