"""MLflow: a run on a tracking server, or in a database file."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from codesign.run.loggers.logger import LoggedRun, LoggerConnection, LoggerSettings

_BATCH = 100
"""Parameters that MLflow takes at once."""

_LONGEST = 500
"""Characters of a parameter that every store of MLflow takes."""


@dataclass(frozen=True)
class Mlflow(LoggerSettings):
    """Settings of MLflow.

    Attributes:
        name: key in the registry.
        uri: the tracking server's, or that of a database such as sqlite:///mlflow.db; null for MLFLOW_TRACKING_URI, and
            where that is not set MLflow's own choice.
        experiment: name of the experiment that the run belongs to; made where there is none.
    """

    name: str = "mlflow"
    uri: str | None = None
    experiment: str = "codesign"

    module: ClassVar[str] = "mlflow"

    def open(self, run: LoggedRun) -> "TrackedRun":
        """Return a connection to a run on the server, the one from before where there is one."""
        return TrackedRun(self, run)


class TrackedRun(LoggerConnection):
    """Sends the numbers of each generation in one request."""

    def __init__(self, settings: Mlflow, run: LoggedRun) -> None:
        from mlflow.entities import Param  # noqa: PLC0415 - an extra  # pyright: ignore[reportMissingImports]
        from mlflow.tracking import MlflowClient  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

        self._client = MlflowClient(tracking_uri=settings.uri)
        if run.identity is not None:
            self._id = self.identity = run.identity
            self._client.update_run(self._id, status="RUNNING")
            return
        found = self._client.get_experiment_by_name(settings.experiment)
        experiment = found.experiment_id if found else self._client.create_experiment(settings.experiment)
        self._id = self.identity = self._client.create_run(experiment, run_name=run.title).info.run_id
        parameters = [Param(key, str(value)[:_LONGEST]) for key, value in run.parameters().items()]
        for start in range(0, len(parameters), _BATCH):
            self._client.log_batch(self._id, params=parameters[start : start + _BATCH])

    def write(self, generation: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415 - an extra  # pyright: ignore[reportMissingImports]

        now = int(time.time() * 1000)
        self._client.log_batch(self._id, [Metric(name, value, now, generation) for name, value in values.items()])

    def close(self, *, finished: bool) -> None:
        self._client.set_terminated(self._id, "FINISHED" if finished else "KILLED")
