"""The wheel carries everything that a user needs, and works where no checkout is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_an_installed_wheel_runs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(ROOT)],
        check=True,
        capture_output=True,
    )
    wheel = next((tmp_path / "dist").glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    # The dependencies are this environment's, so that only what the wheel itself brings is on spec.
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (Path(site) / "dependencies.pth").write_text(f"{ours}\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def codesign(*words: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "venv" / "bin" / "codesign"
        return subprocess.run(
            [program, *words], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )

    where = subprocess.run(
        [python, "-c", "import codesign; print(codesign.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    ).stdout
    assert where.startswith(site)
    assert codesign("--version").stdout.startswith("codesign ")
    ran = codesign("evolve", "debug=tiny", "evaluator=local", "hydra.run.dir=run")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    assert codesign("evolve", "taks=walk").returncode == 2
