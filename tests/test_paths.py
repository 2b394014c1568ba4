"""Every path that a user names is checked in one place; the cause is told in one line."""

import os
from pathlib import Path

import pytest

from codesign.errors import ConfigError
from codesign.paths import LONGEST_NAME, Use, require_path

LONG = "ü" * 200


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")
    (tmp_path / "to_file").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "use", "reason"),
    [
        ("", "output", "got an empty text; set key to a path"),
        ("a\0b", "file", r"got a\\x00b, with a NUL character"),
        (LONG, "output", "with a name of 400 bytes, above 255; choose a shorter name"),
        ("/".join(["folder"] * 1000), "file", "of more than 4095 bytes"),
        ("a\udcff", "output", "characters that this locale does not have; set LC_ALL=C.UTF-8"),
        ("file/x", "output", "where file is not a folder"),
        ("to_file/x", "file", "where to_file is not a folder"),
        ("dangling", "output", "where dangling is a link to nowhere, which is not there; mend the link"),
        ("dangling/x", "file", "where dangling is a link to nowhere"),
        ("one/x", "output", "got one/x (one: Too many levels of symbolic links)"),
        ("absent", "folder", "got no folder absent; check the path"),
        ("absent/x", "file", "where there is no folder absent"),
        ("folder", "file", "got the folder folder; name a file"),
        ("pipe", "file", "got pipe, a stream or a device; save what it gives in a file"),
        ("file", "folder", "got the file file; name a folder"),
        ("file", "output", "got the file file; name a folder"),
        ("pipe", "output", "got the file pipe; name a folder"),
    ],
)
def test_a_path_that_cannot_be_used_is_told_with_its_cause(path: str, use: Use, reason: str, here: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        require_path("key", path, use)
    said = str(caught.value)
    assert said.startswith("expected key to be a f")
    assert reason.replace("\\\\", "\\") in said
    assert said.isprintable()


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("file", "file"),
        ("to_file", "file"),
        ("folder", "folder"),
        (".", "folder"),
        ("..", "output"),
        ("/", "folder"),
        ("new/inside", "output"),
        ("x" * LONGEST_NAME, "output"),
        ("ein Läufer {key} {path} [x] 'q'=%, #", "output"),
    ],
)
def test_a_path_that_can_be_used_is_returned(path: str, use: Use, here: Path) -> None:
    assert require_path("key", path, use) == Path(path)


def test_braces_in_a_path_are_text(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"got no file \{field\}\{path\}; check"):
        require_path("key", "{field}{path}", "file")
