"""`codesign COMMAND ...`: find the command, run it, and tell mistakes in one line."""

import importlib
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from codesign import __version__
from codesign.cli.exit_codes import MISTAKE, UNREAD
from codesign.cli.output import UnreadError, lasting_output, open_missing_streams
from codesign.cli.suggestions import nearest
from codesign.errors import CodesignError, ConfigError
from codesign.signals import Stopped, ending_signals_raise, exit_status

COMMANDS = {
    "evolve": ("codesign.cli.evolve", "evolve bodies whose controllers learn; go on with run=FOLDER"),
    "train": ("codesign.cli.train", "let random or given bodies learn, and show their learning curves"),
    "show": ("codesign.cli.show", "say and draw what files of bodies hold, and convert them"),
    "export": ("codesign.cli.export", "turn designs of a run into pages, pictures and data"),
    "watch": ("codesign.cli.watch", "show a run while it goes on, in a browser or in the terminal"),
    "transfer": ("codesign.cli.transfer", "let designs of a run move in another simulator, MuJoCo"),
    "analyze": ("codesign.cli.analyze", "put runs side by side, as a page and as numbers"),
    "bench": ("codesign.cli.bench", "measure robot-steps per second and memory on this machine"),
}

WITHOUT_CONFIGURATION = ("show",)
"""Commands that take files and a few words, and load neither Hydra nor the simulator."""

_LONGEST = 2000
"""Characters of a message; of a longer one the middle is left out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `codesign` with `arguments` (the process's own by default) and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    open_missing_streams()
    with lasting_output(_tell) as output:
        try:
            with ending_signals_raise():
                status = _dispatch(words)
                output.flush()
            return status or (MISTAKE if output.failed else 0)
        except UnreadError:
            return UNREAD
        except CodesignError as error:
            _tell(error)
            return MISTAKE
        except KeyboardInterrupt as error:
            number = error.number if isinstance(error, Stopped) else signal.SIGINT
            ended = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
            _say(f"codesign: {ended}")
            return exit_status(number)


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
    if first in WITHOUT_CONFIGURATION:
        return importlib.import_module(COMMANDS[first][0]).run(rest)
    from codesign.cli.application import run  # noqa: PLC0415 - Hydra is loaded only for a command that exists

    return run(importlib.import_module(COMMANDS[first][0]).COMMAND, rest)


def _help() -> str:
    commands = "\n".join(f"  {name:<8} {summary}" for name, (_, summary) in COMMANDS.items())
    return f"""codesign {__version__}: evolution of robot bodies that learn to move

usage: codesign COMMAND [key=value ...]
       codesign show FILE ... [key=value ...]

{commands}

  codesign COMMAND --help      what a command can be told: choices, keys, values
  codesign COMMAND --cfg job   the configuration it would run with
  codesign --version"""


def _tell(error: CodesignError) -> None:
    _say(f"codesign: {_one_line(str(error))}")


def _one_line(text: str) -> str:
    """Return a text as one line of a sensible length in which nothing commands the terminal.

    A message may quote what stands in a stranger's file.
    """
    words = " ".join(text.split())
    shown = words if len(words) <= _LONGEST else f"{words[: _LONGEST // 2]} [...] {words[-_LONGEST // 2 :]}"
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in shown)


def _say(line: str) -> None:
    with suppress(OSError):  # nobody can be told that nobody can be told
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
