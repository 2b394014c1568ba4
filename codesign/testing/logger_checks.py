"""Checks of loggers."""

from pathlib import Path
from tempfile import TemporaryDirectory

from codesign.errors import CodesignError
from codesign.run import LOGGERS, LoggedRun, LoggerConnection, LoggerSettings
from codesign.testing.failures import CheckError, check_settings, expect

CONFIG = {"title": "check", "seed": 1, "sim": {"steps": 60}}


def check_logger(settings: LoggerSettings) -> None:
    """Check a logger: it takes a run's numbers, and a run that goes on is the same one for it.

    Args:
        settings: the logger's settings, for a service that can be reached.

    Raises:
        CheckError: the logger breaks its contract.
    """
    check_settings(settings, LOGGERS)
    try:
        settings.require_installed()
    except CodesignError as error:
        raise CheckError(f"expected the logger's library; got {error}") from error
    with TemporaryDirectory() as name:
        folder, identity = Path(name) / "loggers" / settings.name, None
        for generations, finished in ((range(2), False), (range(2, 4), True)):
            connection = settings.open(LoggedRun(folder, "check", CONFIG, identity))
            expect(isinstance(connection, LoggerConnection), "a LoggerConnection of `open`", type(connection).__name__)
            for generation in generations:
                connection.write(generation, {"best_fitness": 0.5 * generation, "timings/total": 1.0})
            expect(isinstance(connection.identity, str | None), "an identity that is a text, or None", type(identity))
            same = identity is None or connection.identity == identity
            expect(same, f"the identity {identity} of the run that goes on", connection.identity)
            identity = connection.identity
            connection.close(finished=finished)
