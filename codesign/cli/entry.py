"""`codesign COMMAND ...`: find the command, run it, and tell mistakes in one line."""

import importlib
import os
import select
import signal
import sys
from collections.abc import Sequence

from codesign import __version__
from codesign.cli.exit_codes import MISTAKE, UNREAD
from codesign.cli.suggestions import nearest
from codesign.errors import CodesignError, ConfigError
from codesign.signals import Stopped, ending_signals_raise, exit_status

COMMANDS = {
    "evolve": ("codesign.cli.evolve", "evolve bodies whose controllers learn; go on with run=FOLDER"),
    "train": ("codesign.cli.train", "let random or given bodies learn, and show their learning curves"),
    "export": ("codesign.cli.export", "turn designs of a run into pages, pictures and data"),
    "bench": ("codesign.cli.bench", "measure robot-steps per second and memory on this machine"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `codesign` with `arguments` (the process's own by default) and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with ending_signals_raise():
            status = _dispatch(words)
            sys.stdout.flush()
        return status
    except CodesignError as error:
        _say(f"codesign: {' '.join(str(error).split())}")
        return MISTAKE
    except KeyboardInterrupt as error:
        number = error.number if isinstance(error, Stopped) else signal.SIGINT
        _say(
            "codesign: interrupted" if number == signal.SIGINT else f"codesign: ended by {signal.Signals(number).name}"
        )
        return exit_status(number)
    except BrokenPipeError:
        if not _unread():
            raise
        return UNREAD


def _dispatch(words: list[str]) -> int:
    first, rest = (words[0], words[1:]) if words else ("--help", [])
    if first in ("--help", "-h"):
        print(_help())  # noqa: T201 - this is what was asked for
        return 0
    if first == "--version":
        print(f"codesign {__version__}")  # noqa: T201
        return 0
    if first not in COMMANDS:
        raise ConfigError(f"a command ({', '.join(COMMANDS)})", f"'{first}'", nearest(first, COMMANDS, "see --help"))
    from codesign.cli.application import run  # noqa: PLC0415 - Hydra is loaded only for a command that exists

    return run(importlib.import_module(COMMANDS[first][0]).COMMAND, rest)


def _help() -> str:
    commands = "\n".join(f"  {name:<8} {summary}" for name, (_, summary) in COMMANDS.items())
    return f"""codesign {__version__}: evolution of robot bodies that learn to move

usage: codesign COMMAND [key=value ...]

{commands}

  codesign COMMAND --help      what a command can be told: choices, keys, values
  codesign COMMAND --cfg job   the configuration it would run with
  codesign --version"""


def _unread() -> bool:
    """Return whether standard output is a pipe that nobody reads, and if so send what is left to nowhere.

    Else the interpreter would complain about what is left when it ends.
    """
    output = sys.stdout.fileno()
    watch = select.poll()
    watch.register(output, select.POLLOUT)
    if not any(event & (select.POLLERR | select.POLLHUP) for _, event in watch.poll(0)):
        return False
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, output)
    os.close(nowhere)
    return True


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
