"""Weights & Biases: a run on its servers, or in files that `wandb sync` sends later."""

import importlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from codesign.checks import require_choice
from codesign.run.loggers.logger import LoggedRun, LoggerConnection, LoggerSettings


@dataclass(frozen=True)
class Wandb(LoggerSettings):
    """Settings of Weights & Biases; who one is, the library knows from `wandb login` or WANDB_API_KEY.

    Attributes:
        name: key in the registry.
        project: name of the project that the run belongs to.
        entity: user or team that the project belongs to; null for one's own.
        mode: "online", "offline" (files only) or "disabled"; null for WANDB_MODE, and where that is not set online.

    Raises:
        ConfigError: another mode.
    """

    name: str = "wandb"
    project: str = "codesign"
    entity: str | None = None
    mode: str | None = None

    module: ClassVar[str] = "wandb"

    def __post_init__(self) -> None:
        if self.mode is not None:
            require_choice(self, "mode", ("online", "offline", "disabled"))

    def open(self, run: LoggedRun) -> "SyncedRun":
        """Return a connection to a run of the project, the one from before where there is one."""
        return SyncedRun(self, run)


class SyncedRun(LoggerConnection):
    """Hands the numbers of each generation to the library, whose own process sends them."""

    def __init__(self, settings: Wandb, run: LoggedRun) -> None:
        # By name, because this module has the name of the library.
        wandb: Any = importlib.import_module(settings.module)
        self.identity = run.identity or secrets.token_hex(8)
        run.folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=settings.project,
            entity=settings.entity,
            id=self.identity,
            resume="allow",
            name=run.title,
            dir=str(run.folder),
            config=dict(run.config),
            mode=settings.mode,
            settings=wandb.Settings(silent=True, console="off"),  # the terminal is the run's
        )

    def write(self, generation: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=generation)

    def close(self, *, finished: bool) -> None:
        self._run.finish(exit_code=0 if finished else 1)
