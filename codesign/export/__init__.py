"""Pictures of a run: recordings in, pages and files out. Knows no simulator."""

from codesign.export.chart import COLOURS, line_chart
from codesign.export.comparison_page import render_comparison, write_comparison, write_comparison_json
from codesign.export.design_map import DesignMap, MapAxis
from codesign.export.drawn_body import CHANGEABLE, DrawnBody
from codesign.export.exporter import Exporter, each_design
from codesign.export.figure_files import figure_files
from codesign.export.film import FilmSettings, write_gif, write_mp4
from codesign.export.findings_page import (
    DotFigure,
    DotRow,
    FindingsPage,
    LineFigure,
    LineSeries,
    PageAnswer,
    PageTable,
    render_findings,
    write_findings_page,
)
from codesign.export.json_format import read_json, write_json
from codesign.export.map_format import write_map
from codesign.export.mechanics import Mechanics, MechanicsError
from codesign.export.mjcf import CONTROL_SUFFIX, mjcf_text, write_mjcf
from codesign.export.mjcf_ground import height_at, slope_at
from codesign.export.motion_tables import (
    CSV,
    CSV_ACTUATION,
    NPZ,
    PARQUET,
    PARQUET_ACTUATION,
    write_csv,
    write_npz,
    write_parquet,
)
from codesign.export.notebook import page_in_frame
from codesign.export.picture import SheetSettings, moment_of, render_frame, write_drawings, write_pictures, write_sheet
from codesign.export.plan import MOTIONS, ExportPlan, require_absent, require_motions
from codesign.export.recording import Gallery, History, Recording, RecordingError, Trajectory, centre_of
from codesign.export.rest_shape import rest_positions, shapes_at_rest
from codesign.export.scenes import SceneSettings, write_glb, write_rrd, write_usd, write_usdz
from codesign.export.webpage import render_page, warn_of_size, write_page
from codesign.export.workshop import BESIDE, SUFFIX, PrintSettings, write_3mf, write_parts, write_stl

_SCENE = {"each": True, "settings": SceneSettings, "section": "scene"}
_USD = {**_SCENE, "motions": "one", "extra": "usd", "modules": ("pxr",)}
_PRINT = {"settings": PrintSettings, "section": "print", "extra": "print"}

EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter("html", ".html", write_page),
        Exporter("json", ".json", write_json, each=True),
        Exporter("map", ".map.json", write_map, motions="none", shows_map=True),
        Exporter("mjcf", ".xml", write_mjcf, each=True, motions="one", beside=(CONTROL_SUFFIX,)),
        Exporter("png", ".png", write_pictures, each=True),
        Exporter("svg", ".svg", write_drawings, each=True),
        Exporter("sheet", ".sheet.png", write_sheet, settings=SheetSettings, section="sheet", needs=moment_of),
        Exporter(
            "mp4", ".mp4", write_mp4, settings=FilmSettings, section="film", extra="film", modules=("imageio_ffmpeg",)
        ),
        Exporter("gif", ".gif", write_gif, settings=FilmSettings, section="film"),
        Exporter("glb", ".glb", write_glb, motions="one", **_SCENE),
        Exporter("usd", ".usdc", write_usd, **_USD),
        Exporter("usdz", ".usdz", write_usdz, **_USD),
        Exporter("rrd", ".rrd", write_rrd, extra="rerun", modules=("rerun",), repeatable=False, **_SCENE),
        Exporter("stl", ".stl", write_stl, each=True, motions="none", modules=("manifold3d",), **_PRINT),
        Exporter("3mf", ".3mf", write_3mf, each=True, motions="none", modules=("manifold3d",), **_PRINT),
        Exporter("parts", SUFFIX, write_parts, each=True, motions="one", beside=BESIDE, modules=("ezdxf",), **_PRINT),
        Exporter("npz", NPZ, write_npz, each=True),
        Exporter("csv", CSV, write_csv, each=True, beside=(CSV_ACTUATION,)),
        Exporter("parquet", PARQUET, write_parquet, each=True, beside=(PARQUET_ACTUATION,)),
    )
}

__all__ = [
    "CHANGEABLE",
    "COLOURS",
    "EXPORTERS",
    "MOTIONS",
    "DesignMap",
    "DotFigure",
    "DotRow",
    "DrawnBody",
    "ExportPlan",
    "Exporter",
    "FindingsPage",
    "Gallery",
    "History",
    "LineFigure",
    "LineSeries",
    "MapAxis",
    "Mechanics",
    "MechanicsError",
    "PageAnswer",
    "PageTable",
    "Recording",
    "RecordingError",
    "Trajectory",
    "centre_of",
    "each_design",
    "figure_files",
    "height_at",
    "line_chart",
    "mjcf_text",
    "page_in_frame",
    "read_json",
    "render_comparison",
    "render_findings",
    "render_frame",
    "render_page",
    "require_absent",
    "require_motions",
    "rest_positions",
    "shapes_at_rest",
    "slope_at",
    "warn_of_size",
    "write_comparison",
    "write_comparison_json",
    "write_findings_page",
]
