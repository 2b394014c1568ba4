"""`codesign bench`: how fast this machine simulates, learns and breeds robots, and in how much memory."""

from codesign.cli.bench.command import COMMAND

__all__ = ["COMMAND"]
