"""What mkdocstrings cannot read off a room: names of both a function and a module, and what registries hold."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import griffe


class Exports(griffe.Extension):
    """Let every name of a room's `__all__` be what it is when the room is imported."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Complete the exported names of a package and of the packages inside."""
        hidden = []
        for package in _packages(pkg):
            for name in map(str, package.exports or ()):
                member = package.members.get(name)
                if isinstance(member, griffe.Module) and name in member.members:
                    hidden.append((package, name, member.members[name]))
                elif member is not None:
                    _name_entries(package, name, member.final_target if isinstance(member, griffe.Alias) else member)
        # Last, because names are looked up through the modules that these stand in front of.
        for package, name, member in hidden:
            package.members[name] = griffe.Alias(name, member, parent=package)


def _packages(package: griffe.Module) -> Iterator[griffe.Module]:
    yield package
    for module in package.members.values():
        if isinstance(module, griffe.Module) and module.is_init_module:
            yield from _packages(module)


def _name_entries(package: griffe.Module, name: str, registry: Any) -> None:
    """Give a registry that has no docstring one that says what is in it."""
    if registry.is_attribute and registry.docstring is None:
        value = getattr(importlib.import_module(package.path), name, None)
        if isinstance(value, Mapping):
            keys = ", ".join(f"`{key}`" for key in value) or "nothing yet"
            registry.docstring = griffe.Docstring(f"What there is, by name: {keys}.", parent=registry)
