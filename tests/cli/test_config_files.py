"""Configuration files as people save them."""

from pathlib import Path

import pytest

from codesign.cli import main
from tests.cli.test_bad_input import told


@pytest.fixture
def experiments(here: Path) -> Path:
    (here / "mine/experiment").mkdir(parents=True)
    return here / "mine/experiment"


@pytest.mark.parametrize(
    "data",
    [
        b"# @package _global_\nseed: 3\n",
        b"\xef\xbb\xbf# @package _global_\nseed: 3\n",
        b"\xef\xbb\xbf# @package _global_\r\nseed: 3\r\n",
        b"# My experiment\n\n  # of today\n# @package _global_\nseed: 3\n",
        b"# long " + b"x" * 600 + b"\n# @package _global_\nseed: 3\n",
    ],
)
def test_an_experiment_is_read_however_it_was_saved(
    data: bytes, experiments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (experiments / "own.yaml").write_bytes(data)
    assert main(["evolve", "--config-dir=mine", "experiment=own", "--cfg", "job"]) == 0
    assert "\nseed: 3\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"seed: 3\n# @package _global_\n", "got it in line 2 of"),
        (b"---\n# @package _global_\nseed: 3\n", "got it in line 2 of"),
        (b"seed: 3\n", "expected a line '# @package _global_' in an option of experiment; got none in"),
        (b"# @package\nseed: 3\n", "expected a line '# @package NAME'"),
        (b"# @package _global_\ntitle: L\xe4ufer\n", "expected configuration files in UTF-8; got"),
        (b"\xff\xfe#\0 \0", "expected configuration files in UTF-8; got"),
        (b"# @package _global_\nseed: 3\n x: 4\n", "expected configuration files in YAML"),
    ],
)
def test_an_experiment_that_would_be_misread_is_named(
    data: bytes, reason: str, experiments: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (experiments / "own.yaml").write_bytes(data)
    for last in (["--cfg", "job"], ["debug=tiny", "evaluator=local"]):
        assert main(["evolve", "--config-dir=mine", "experiment=own", *last]) == 2
        line = told(capsys)
        assert reason in line
        assert str(experiments / "own.yaml") in line
    assert main(["evolve", "--config-dir=mine", "--help"]) == 0
    assert "own" in capsys.readouterr().out
