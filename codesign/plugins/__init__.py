"""Plug-ins: what may be registered from outside of the package, and the modules that do so.

Knows rooms by name only, and loads those whose kind of plug-in somebody registers.
"""

from codesign.plugins.kinds import KINDS
from codesign.plugins.loading import Plugin, load, load_installed, loaded, main_entries_in, restore, used_by
from codesign.plugins.registration import added_keys, register, registered, withdraw

__all__ = [
    "KINDS",
    "Plugin",
    "added_keys",
    "load",
    "load_installed",
    "loaded",
    "main_entries_in",
    "register",
    "registered",
    "restore",
    "used_by",
    "withdraw",
]
