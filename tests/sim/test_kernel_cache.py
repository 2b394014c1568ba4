"""The folder of compiled kernels: what fails there is told in one line, what is damaged is compiled again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codesign.errors import OutputError
from codesign.sim import kernel_cache
from tests.odd_machines import CHECKOUT, RIGHTS, small_disk

SCRIPT = """
import sys
import warp as wp
from codesign.errors import OutputError
from codesign.sim import start_warp

@wp.kernel
def double(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 2.0 * x[i]

try:
    start_warp(quiet=True)
    x = wp.array([1.0, 2.0], dtype=float, device="cpu")
    wp.launch(double, dim=2, inputs=[x], device="cpu")
    print(x.numpy().tolist())
except OutputError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text(SCRIPT)  # Warp reads a kernel's source from its file
    return tmp_path / "script.py"


def start(script: Path, cache: Path, *before: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "WARP_CACHE_PATH": str(cache)}
    command = [*before, sys.executable, str(script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def compiled(cache: Path, kind: str) -> Path:
    (found,) = cache.rglob(f"*.{kind}")
    return found


@pytest.mark.parametrize(("kind", "size"), [("o", 0), ("o", 700), ("meta", 0), ("meta", 9)])
def test_a_damaged_kernel_is_compiled_again(kind: str, size: int, script: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert start(script, cache).stdout == "[2.0, 4.0]\n"
    file = compiled(cache, kind)
    whole = file.read_bytes()
    assert len(whole) > size
    file.write_bytes(whole[:size])
    again = start(script, cache)
    assert again.stdout == "[2.0, 4.0]\n", again.stderr
    assert f"damaged kernel in {file.parent}; it is compiled again" in again.stderr
    assert compiled(cache, kind).stat().st_size > size
    assert start(script, cache).stderr == ""


def test_a_damaged_kernel_that_cannot_be_replaced_is_told(script: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    start(script, cache)
    file = compiled(cache, "o")
    file.write_bytes(b"")
    file.parent.chmod(0o500)
    before = ["setpriv", "--bounding-set", RIGHTS] if os.geteuid() == 0 else []
    try:
        process = start(script, cache, *before)
    except FileNotFoundError:
        pytest.skip("root writes to every folder here, and setpriv is not there to take that right away")
    finally:
        file.parent.chmod(0o700)
    assert process.returncode == 1
    last = process.stderr.splitlines()[-1]
    assert last.startswith("expected a folder for compiled kernels that can be written to; got ")
    assert "set WARP_CACHE_PATH to a folder that can be written to" in last


def test_a_folder_that_cannot_be_made_is_told(script: Path) -> None:
    process = start(script, Path("/proc/nope"))
    assert process.returncode == 1
    assert process.stderr.startswith("expected a folder for compiled kernels that can be written to; got /proc/nope/")


def test_a_disk_without_room_is_told_before_the_compiler_finds_out(script: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "64k") as cache:
        process = start(script, cache)
        left = [path for path in cache.rglob("*") if path.is_file()]
    assert process.returncode == 1
    assert "expected 8 MiB of room for compiled kernels; got 0.1 MiB in" in process.stderr
    assert "or set WARP_CACHE_PATH to a folder with more" in process.stderr
    assert not left


class Module:
    """Stands in for one of Warp's."""

    options = {"block_dim": 1}  # noqa: RUF012 - as in Warp

    def __init__(self) -> None:
        self.execs: dict[Any, Any] = {}

    def get_module_identifier(self, block_dim: int) -> str:
        return f"module_{block_dim}"


def test_kernels_that_stay_damaged_end_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel_cache.wp.config, "kernel_cache_dir", str(tmp_path))
    calls = []

    def load(module: Module, device: str, block_dim: int | None = None) -> None:
        (tmp_path / f"module_{block_dim}").mkdir()
        calls.append(block_dim)
        raise Exception("Failed to load CPU module 'm'")

    with pytest.raises(OutputError, match=r"module_3 \(Failed to load CPU .* remove that folder, or set WARP_CACHE"):
        kernel_cache._guarded(load)(Module(), "cpu", 3)
    assert calls == [3, 3]


def test_an_error_of_the_compiler_stays_what_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel_cache.wp.config, "kernel_cache_dir", str(tmp_path))

    def load(module: Module, device: str, block_dim: int | None = None) -> None:
        raise RuntimeError("no such type")

    with pytest.raises(RuntimeError, match="no such type"):
        kernel_cache._guarded(load)(Module(), "cpu")
