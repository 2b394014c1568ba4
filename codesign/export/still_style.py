"""Colours of stills: those of the light theme, as matplotlib takes them."""

from matplotlib.colors import LinearSegmentedColormap

from codesign.export.theme import LIGHT

INK, MUTED, RULE = LIGHT.ink, LIGHT.muted, LIGHT.rule
CONTRACT, NEUTRAL, EXPAND = LIGHT.contract, LIGHT.neutral, LIGHT.expand
ACTUATION = LinearSegmentedColormap.from_list("actuation", [CONTRACT, NEUTRAL, EXPAND])
PASSIVE, MASS = LIGHT.passive, LIGHT.mass
SOIL, SOIL_LINE = LIGHT.soil, LIGHT.soil_line
LAMP = LIGHT.lamp
MATERIALS, VOXELS = LIGHT.materials, LIGHT.voxels
