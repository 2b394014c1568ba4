"""Gliders: bodies that swim at one depth, against a current."""

from codesign.plugins import register
from codesign_swimmers.current import Current
from codesign_swimmers.glide import Glide

register("task", Glide)
register("force", Current)
