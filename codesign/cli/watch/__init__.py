"""`codesign watch`: a run while it goes on, in a browser or in the terminal."""

from codesign.cli.watch.command import COMMAND

__all__ = ["COMMAND"]
