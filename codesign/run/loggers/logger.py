"""What a logger is: settings that open a connection, and a connection that takes the numbers of generations."""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from codesign.errors import ConfigError


@dataclass(frozen=True)
class LoggedRun:
    """A run as a logger hears of it.

    Attributes:
        folder: where a logger may keep files, inside the run folder.
        title: what the run calls itself.
        config: its settings, plain values in nested mappings.
        identity: what the connection called the run before it went on; None for a new one.
    """

    folder: Path
    title: str
    config: Mapping[str, Any]
    identity: str | None

    def parameters(self) -> dict[str, Any]:
        """Return the settings by dotted key."""
        return _flat(self.config)


class LoggerConnection(ABC):
    """Takes the numbers of one run; all calls come from one thread, which is not the run's.

    Attributes:
        identity: what it calls the run, by which it finds it again; None where the run's folder says enough.
    """

    identity: str | None = None

    @abstractmethod
    def write(self, generation: int, values: Mapping[str, float]) -> None:
        """Take the numbers of a generation, by name."""

    @abstractmethod
    def close(self, *, finished: bool) -> None:
        """Put away what is not yet; `finished` says whether the run has all its generations, else it may go on."""


@dataclass(frozen=True)
class LoggerSettings(ABC):
    """Settings of a logger; a base.

    Attributes:
        name: key in the registry, and the extra that installs what it needs.
    """

    name: str = ""

    module: ClassVar[str]
    """The library's name, as it is imported."""

    def require_installed(self) -> None:
        """Check that the library is there, without loading it.

        Raises:
            ConfigError: it is not.
        """
        if importlib.util.find_spec(self.module) is None:
            remedy = f"pip install 'codesign[{self.name}]', or leave {self.name} out of loggers"
            raise ConfigError(f"the package {self.module} for loggers.{self.name}", "none", remedy)

    @abstractmethod
    def open(self, run: LoggedRun) -> LoggerConnection:
        """Return a connection for a run; the library is loaded here."""


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found
