"""The tool that tells what records cost."""

import json
import subprocess
import sys
from pathlib import Path


def test_it_tells_of_a_small_run(tmp_path: Path) -> None:
    command = [sys.executable, "tools/storage_report.py", "--generations", "3", "--designs", "40"]
    ran = subprocess.run([*command, "--folder", tmp_path / "run"], check=True, capture_output=True, text=True)
    told = json.loads(ran.stdout)
    assert told["find best"]["designs"] == 1
    assert told["find top12"]["designs"] == 12
    assert told["find lineage"]["designs"] == 3
    assert told["find g001-i0000"]["designs"] == 1
    tables = [path.stat().st_size for path in (tmp_path / "run" / "designs").iterdir()]
    assert len(tables) == 3
    assert told["table, bytes"] == round(sum(tables) / 120, 1)
    assert told["checkpoint, microseconds"] > 0
