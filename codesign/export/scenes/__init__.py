"""Scenes for renderers and viewers of robots: animated glTF, USD, Rerun."""

from codesign.export.scenes.glb import write_glb
from codesign.export.scenes.rrd import write_rrd
from codesign.export.scenes.settings import SceneSettings
from codesign.export.scenes.usd import write_usd, write_usdz

__all__ = ["SceneSettings", "write_glb", "write_rrd", "write_usd", "write_usdz"]
