"""`codesign watch`: what is asked for, and who shows it."""

import shlex
import socket
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from codesign.cli import run_config
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.catalogue import PLUGINS_MEANING, experiment_catalogue, experiment_of
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.watch.observation import Observer
from codesign.cli.watch.pages import Pages
from codesign.cli.watch.server import PORT, RunServer, is_local, listening
from codesign.cli.watch.terminal import follow
from codesign.errors import ConfigError, RunError
from codesign.run import Experiment, Report, RunFolder

MEANINGS = {
    "run": "the run's folder.",
    "port": f"port to listen at, 0 for any that is free; null for {PORT}, or the next free one after it.",
    "host": "name or address to listen at; any but 127.0.0.1 lets others read this run.",
    "terminal": "whether it is shown in this terminal, instead of in a browser.",
    "plugins": PLUGINS_MEANING,
}

_LAST_PORT = 65535


def watch_catalogue() -> Catalogue:
    """Return what the configuration holds."""
    values = {"run": str | None, "port": int | None, "host": str, "terminal": bool, "plugins": Any}
    return Catalogue({}, {}, values, MEANINGS)


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation; the run is read, nothing is simulated or written.

    Raises:
        ConfigError: a setting of the wrong type or out of range.
        RunError: the folder is not that of a run.
    """
    settings = build(watch_catalogue(), invocation.config)
    if settings["run"] is None:
        raise RunError("the folder of a run", "none", "name one, as in codesign watch run=FOLDER")
    port, host = settings["port"], settings["host"]
    if port is not None and not 0 <= port <= _LAST_PORT:
        raise ConfigError(f"from 0 to {_LAST_PORT}", str(port), "leave {field} out", "port")
    if not host:
        raise ConfigError("a name or an address", "an empty text", "leave {field} out", "host")
    folder = RunFolder(Path(settings["run"]))
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        built = build(experiment_catalogue(), stored)
        experiment = experiment_of(built)
    observer = Observer(folder, experiment.search.generations, experiment.trial.lattice)
    if settings["terminal"]:
        return Plan(folder.path, partial(_in_terminal, observer, experiment.title))
    logger = built["logger"]
    report = Report(_gently(experiment), folder, designs=logger.page_designs)
    # A run that writes its own page has time to do so.
    lag = logger.page_seconds * (2 if logger.page else 1)
    pages = Pages(folder, report.page, observer.look, lag)
    return Plan(folder.path, partial(_serve, observer, pages, experiment.title, host, port))


def _gently(experiment: Experiment) -> Experiment:
    """Return an experiment that is simulated on one thread: the run itself may need this machine's others."""
    execution = replace(experiment.trial.execution, threads=1)
    return replace(experiment, trial=replace(experiment.trial, execution=execution))


def _in_terminal(observer: Observer, title: str) -> int:
    follow(Console(file=sys.stdout, highlight=False), observer.look, title)
    return 0


def _serve(observer: Observer, pages: Pages, title: str, host: str, port: int | None) -> int:
    """Serve the run until a signal ends this process, which is raised."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    with listening(host, port, observer.look, pages, title) as server:
        for line in _ways_in(server, host):
            console.print(line, markup=False)
        pages.start()
        server.serve_forever()
    return 0


def _ways_in(server: RunServer, host: str) -> list[str]:
    """Return what is said to the user about where the run can be seen."""
    name, port = f"[{host}]" if ":" in host else host, server.server_address[1]
    machine = shlex.quote(socket.gethostname())
    reached = f"{'127.0.0.1' if host in _EVERYWHERE else name}:{port}"
    lines = [
        f"{server.title}: http://{reached}/",
        f"From another machine: ssh -L {port}:{reached} {machine}, then open http://localhost:{port}/ there.",
    ]
    if not is_local(host):
        lines.append(
            f"Warning: whoever reaches {name} at port {port} can read this run; without host= only this machine can."
        )
    return [*lines, "Ctrl-C ends this page; the run is not touched."]


_EVERYWHERE = ("0.0.0.0", "::")


COMMAND = Command("watch", "watch", watch_catalogue, prepare, writes=False)
