"""What became of the jobs of a sweep, also of those that a launcher gave to other processes or machines."""

import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from codesign.errors import OutputError
from codesign.files import write_text


@dataclass(frozen=True)
class JobReport:
    """How a job ended.

    Attributes:
        number: the job's, from 0.
        overrides: what the job was told, in one line.
        status: its exit status.
        mistake: what its user can mend, in one line; empty where there is nothing.
    """

    number: int
    overrides: str
    status: int
    mistake: str = ""

    def line(self) -> str:
        """Return the mistake with the job that it is about."""
        return f"job {self.number} ({self.overrides}): {self.mistake}"


class JobReports:
    """Reports of all jobs of one command, a file each, in the sweep's folder, which every job can write to.

    Args:
        sweep: folder of the sweep.
    """

    def __init__(self, sweep: Path) -> None:
        self._folder = sweep.resolve() / f".jobs-{secrets.token_hex(8)}"

    def add(self, report: JobReport) -> bool:
        """Keep a report, and return whether that was possible."""
        try:
            write_text(self._folder / f"{report.number}.json", json.dumps(asdict(report)))
        except OutputError:
            return False
        return True

    def collect(self) -> list[JobReport]:
        """Return all reports in the order of the jobs, and remove their files."""
        found = [JobReport(**json.loads(path.read_text(encoding="utf-8"))) for path in self._folder.glob("[0-9]*.json")]
        shutil.rmtree(self._folder, ignore_errors=True)
        return sorted(found, key=lambda report: report.number)
