"""The run folder: where a run's files lie, who may write to them, and how to put them back to a generation."""

import json
import shlex
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from codesign.errors import OutputError, RunError
from codesign.files import append_line, remove, write_bytes, write_text
from codesign.reading import MOST, json_value, read_bytes, read_text, require_modest
from codesign.run.folder_lock import FolderLock
from codesign.run.parent_weights import generation_of_parent_weights

LAYOUT = 1
"""Number of the layout of run folders. Settings that are added do not change it (`settings.ADDED`); what older programs
would misread does."""

HEADER = "# codesign run folder, layout "
"""Beginning of the first line of every run's config.yaml, which ends with the layout. It tells a run from any other
folder that has such a file."""

_MOST_GENERATIONS = 2**31
"""Above the number of any generation, which tables hold in 32 bits."""

_RESERVED = (
    "config.yaml",
    "inputs",
    "metrics.jsonl",
    "designs",
    "starts",
    "checkpoints",
    "weights",
    "best.json",
    "best.safetensors",
    "polished.json",
    "polished.safetensors",
    "reevaluation.json",
    "report.html",
    "loggers",
    "status.json",
)


class RunFolder:
    """The files of one run.

    Args:
        path: the folder; it need not exist yet.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = FolderLock(self.path / ".lock")

    @property
    def config(self) -> Path:
        """The run's resolved configuration, YAML."""
        return self.path / "config.yaml"

    @property
    def inputs(self) -> Path:
        """Folder of the run's own copies of the files that its configuration names; absent where it names none."""
        return self.path / "inputs"

    @property
    def metrics(self) -> Path:
        """A line of JSON per generation."""
        return self.path / "metrics.jsonl"

    @property
    def designs(self) -> Path:
        """Folder with a table per generation, a row per design ever evaluated."""
        return self.path / "designs"

    @property
    def starts(self) -> Path:
        """Folder with a table per generation of what designs did from further starts; absent where none had any."""
        return self.path / "starts"

    @property
    def reevaluation(self) -> Path:
        """What the best designs did from new starts at the end, JSON; absent where that was not asked for."""
        return self.path / "reevaluation.json"

    @property
    def checkpoints(self) -> Path:
        """Folder of the latest states of the run."""
        return self.path / "checkpoints"

    @property
    def weights(self) -> Path:
        """Folder with what designs that entered the population learned; absent where none inherits controllers."""
        return self.path / "weights"

    @property
    def best(self) -> Path:
        """The best design so far, JSON; its controller lies in `best_weights`."""
        return self.path / "best.json"

    @property
    def best_weights(self) -> Path:
        """The controller of the best design so far."""
        return self.path / "best.safetensors"

    @property
    def polished(self) -> Path:
        """What the best designs came to by learning on after the run, JSON; absent where none did."""
        return self.path / "polished.json"

    @property
    def polished_weights(self) -> Path:
        """The weights of the designs of `polished`."""
        return self.path / "polished.safetensors"

    @property
    def report(self) -> Path:
        """The page about the run, where it was exported."""
        return self.path / "report.html"

    @property
    def loggers(self) -> Path:
        """Folder of what loggers know of the run, and of their files; absent where there never was one."""
        return self.path / "loggers"

    @property
    def status(self) -> Path:
        """What the run is doing, JSON, for whoever watches it; absent in runs of older versions."""
        return self.path / "status.json"

    @property
    def begun(self) -> bool:
        """Whether a run was ever at work here; else the folder holds the record of one that ran elsewhere."""
        return any(path.exists() for path in (self._lock.path, self.metrics, self.designs, self.checkpoints))

    def require_run(self) -> None:
        """Check that the folder holds a run of this layout.

        Raises:
            RunError: it does not.
        """
        remedy = "give the folder of a run, or start one with codesign evolve"
        if not self.path.is_dir():
            raise RunError("the folder of a run", f"no folder {self.path}", remedy)
        try:
            first = read_text(self.config, MOST.configuration).partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise RunError("the folder of a run", f"{self.path}, without a readable config.yaml", remedy) from error
        if not first.startswith(HEADER):
            raise RunError(f"the folder of a run, whose config.yaml starts with '{HEADER}'", str(self.path), remedy)
        layout = first.removeprefix(HEADER)
        if layout != str(LAYOUT):
            got = f"{self.path} of layout {layout}"
            raise RunError(f"a run folder of layout {LAYOUT}", got, "use the version of codesign that wrote it")

    def require_own(self) -> None:
        """Check that what a run writes to are files and folders of its own: no links, pipes or devices.

        Else a folder from a stranger could let a run that goes on write somewhere else, or wait for ever.

        Raises:
            RunError: something is not.
        """
        for name in (*_RESERVED, self._lock.path.name):
            path = self.path / name
            try:
                kind = path.lstat().st_mode
            except FileNotFoundError:
                continue
            except OSError as error:
                raise RunError(
                    "a run folder that can be read", f"{path} ({error.strerror})", "check the folder"
                ) from error
            if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
                got = f"{path}, a {'link' if stat.S_ISLNK(kind) else 'stream or a device'}"
                raise RunError("a run folder whose files lie in it", got, "put the file or folder itself there")

    def require_unused(self, inputs: Mapping[str, bytes] | None = None) -> None:
        """Check that a new run would overwrite nothing here.

        Args:
            inputs: what will go into `inputs`, by name; a run that was ended while it began may have left just these.

        Raises:
            RunError: something of a run's layout exists.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError("a folder for the run", f"the file {self.path}", "choose another folder")
        found = [name for name in _RESERVED if (self.path / name).exists()]
        if found == ["inputs"] and self._holds_only(inputs or {}):
            return
        if found:
            raise RunError(
                "a folder without a run",
                f"{self.path} with {found[0]}",
                f"go on with that run by {shlex.quote(f'run={self.path}')}, or choose another folder",
            )

    def _holds_only(self, inputs: Mapping[str, bytes]) -> bool:
        """Return whether nothing but (some of) these files is in `inputs`, apart from what was not finished."""
        try:
            return all(
                path.name.endswith(".part") or inputs.get(path.name) == read_bytes(path, MOST.input)
                for path in self.inputs.iterdir()
            )
        except OSError:
            return False

    def create(self, config_text: str, inputs: Mapping[str, bytes] | None = None) -> None:
        """Turn the folder into that of a new run.

        Args:
            config_text: the resolved configuration, YAML.
            inputs: what goes into `inputs`, by name.

        Raises:
            RunError: there is a run here already.
            OutputError: the folder cannot be written to.
        """
        self.require_unused(inputs)
        for name, data in (inputs or {}).items():
            write_bytes(self.inputs / name, data)
        # Last, since it is what makes the folder a run's.
        write_text(self.config, f"{HEADER}{LAYOUT}\n{config_text}")

    def undo_create(self) -> None:
        """Take back what `create` did, unless something was recorded since; to be called by who has the lock."""
        if self._lock.in_place() and not self.designs.exists() and not self.metrics.exists():
            with suppress(OSError):
                self.config.unlink(missing_ok=True)
                self.status.unlink(missing_ok=True)
                shutil.rmtree(self.inputs, ignore_errors=True)
                self._lock.path.unlink(missing_ok=True)

    def require_in_place(self) -> None:
        """Check that the folder is the one that was locked.

        Raises:
            RunError: it was moved, renamed or removed; the message says where it is, if that can be known.
        """
        if not self._lock.in_place():
            raise self._gone()

    def prepare_records(self) -> None:
        """Make sure that the folder is the one that was locked, and that records can be put into it.

        Raises:
            RunError: see `require_in_place`.
            OutputError: it cannot be written to.
        """
        self.require_in_place()
        try:
            for folder in (self.designs, self.checkpoints):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(
                "a folder that can be written to", f"{self.path} ({error.strerror})", "choose another folder"
            ) from error

    def _gone(self) -> RunError:
        got = "a folder that something else has put there" if self.path.exists() else "nothing there"
        now = self._lock.whereabouts()
        if now is None:
            remedy = "find out where it went and go on with run=FOLDER, or start it again if it was removed"
        else:
            remedy = f"it is at {now} now, whole; go on with: codesign evolve {shlex.quote(f'run={now}')}"
        return RunError(f"the folder of the run where it began, {self.path}", got, remedy)

    def config_text(self) -> str:
        """Return the configuration that the run was started with, YAML.

        Raises:
            RunError: the folder is not that of a run.
        """
        self.require_run()
        _, _, text = read_text(self.config, MOST.configuration).partition("\n")  # the first line was checked just now
        return text.replace("\r\n", "\n")

    @contextmanager
    def locked(self, notice: Callable[[str], None] | None = None) -> Iterator[None]:
        """Keep every other process from writing here; the lock ends with the block or with this process.

        Args:
            notice: told where the file system cannot lock, so that nothing keeps others from writing here.

        Raises:
            RunError: another process has it.
            OutputError: the folder cannot be made or written to.
        """
        with self._lock.held(notice):
            yield

    def append_metrics(self, row: dict[str, Any]) -> None:
        """Add a generation's numbers."""
        append_line(self.metrics, json.dumps(row, allow_nan=False))

    def read_metrics(self) -> list[dict[str, Any]]:
        """Return the numbers of each finished generation, in order; a line that was not finished is left out.

        Raises:
            RunError: a line before the last is not that of a generation.
        """
        return self._rows(self._metrics_lines())

    def _rows(self, lines: list[bytes]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for number, line in enumerate(lines[:-1], start=1):
            try:
                row = json_value(line)
                generation = row["generation"]
                if type(generation) is not int or not 0 <= generation < _MOST_GENERATIONS:
                    raise ValueError("no number of a generation")
                rows.append(row)
            except (ValueError, TypeError, KeyError) as error:
                got = f"{self.metrics}, line {number}"
                remedy = "mend or restore the file; checkpoints and designs are not affected"
                raise RunError("a line of JSON per generation", got, remedy) from error
        return rows

    def _metrics_lines(self) -> list[bytes]:
        """Return the lines of the metrics, and what comes after the last of them.

        Raises:
            RunError: they cannot be read.
        """
        try:
            data = read_bytes(self.metrics, MOST.metrics)
            require_modest(data)
            return data.split(b"\n")
        except FileNotFoundError:
            return [b""]
        except (OSError, ValueError) as error:
            got = f"{self.metrics} ({getattr(error, 'strerror', None) or error})"
            raise RunError("metrics that can be read", got, "see to it that the file can be read") from error

    def roll_back(self, generation: int) -> None:
        """Remove what was recorded after `generation` (-1: everything), so that it can be computed again.

        Raises:
            RunError: the records do not reach back to the beginning without a gap.
            OutputError: the folder cannot be written to.
        """
        lines = self._metrics_lines()
        rows = self._rows(lines)
        kept = [row for row in rows if row["generation"] <= generation]
        tables = {number: path for path in self.designs.glob("*.parquet") if (number := table_number(path)) is not None}
        missing = sorted(set(range(generation + 1)) - {row["generation"] for row in kept})
        missing = missing or sorted(set(range(generation + 1)) - tables.keys())
        if missing or len(kept) != generation + 1:
            got = f"none of generation {missing[0]}" if missing else "generations told twice"
            raise RunError(
                f"records of generations 0 to {generation} in {self.path}", got, "restore them, or start a new run"
            )
        if len(kept) < len(rows) or lines[-1]:
            text = b"".join(
                line + b"\n" for line, row in zip(lines, rows, strict=False) if row["generation"] <= generation
            )
            write_bytes(self.metrics, text, make_folder=False)
        for path in (*tables.values(), *self.starts.glob("*.parquet")):
            number = table_number(path)
            if number is not None and number > generation:
                remove(path)
        for path in self.weights.glob("*.safetensors"):
            if (generation_of_parent_weights(path) or 0) > generation:
                remove(path)
        for folder in (self.path, self.designs, self.starts, self.checkpoints, self.weights):
            for remains in folder.glob(".*.part"):
                remove(remains)


def table_of(folder: Path, generation: int) -> Path:
    """Return where the table of a generation's designs is."""
    return folder / f"generation_{generation:06d}.parquet"


def table_number(path: Path) -> int | None:
    """Return the generation that a table is of, or None where the file is something else."""
    number = path.stem.removeprefix("generation_")
    return int(number) if number.isdigit() and path.name == table_of(path.parent, int(number)).name else None
