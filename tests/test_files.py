"""Files that are whole or absent, and as readable as the user's other files."""

import contextlib
import errno
import os
import stat
from pathlib import Path

import pytest

from codesign.errors import OutputError
from codesign.files import append_line, remove, replacing, write_text
from tests.small_disk import small_disk


@pytest.fixture(params=[0o022, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_file_is_as_readable_as_the_user_wants_without_touching_the_umask_of_the_process(
    tmp_path, umask, monkeypatch
):
    def touched(_mask):
        raise AssertionError("another thread may make a file just now")

    monkeypatch.setattr(os, "umask", touched)
    write_text(tmp_path / "file", "text")
    monkeypatch.undo()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "file", "before")
    with contextlib.suppress(ValueError), replacing(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise ValueError
    assert (tmp_path / "file").read_text() == "before"
    write_text(tmp_path / "file", "after")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "after"


def test_a_place_that_cannot_be_written_to_is_one_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="written to"):
        write_text(tmp_path / "file" / "below", "text")


def test_a_line_that_does_not_fit_is_taken_back(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        path = disk.path / "lines"
        path.write_bytes(b"a" * 4089 + b"\n")
        with disk.full(), pytest.raises(OutputError, match="No space left"):
            append_line(path, "b" * 100)  # of which six bytes fit into the last block
        assert path.read_bytes() == b"a" * 4089 + b"\n"
        append_line(path, "b" * 100)
        assert path.read_bytes().endswith(b"a\n" + b"b" * 100 + b"\n")


def test_a_folder_that_must_be_there_is_not_made(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write_text(tmp_path / "folder" / "file", "text", make_folder=False)
    assert list(tmp_path.iterdir()) == []
    write_text(tmp_path / "folder" / "file", "text")
    assert (tmp_path / "folder" / "file").read_text() == "text"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EINVAL])
def test_a_folder_that_cannot_be_opened_to_flush_it(number, tmp_path, monkeypatch):
    original = os.open

    def refuse(path, flags, *mode):
        if Path(path).is_dir():
            raise OSError(number, os.strerror(number))
        return original(path, flags, *mode)

    monkeypatch.setattr(os, "open", refuse)
    write_text(tmp_path / "file", "text")
    assert (tmp_path / "file").read_text() == "text"


def test_what_cannot_be_removed_is_told(tmp_path):
    remove(tmp_path / "absent")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder"):
        remove(tmp_path / "folder")


def test_a_disk_that_becomes_read_only_in_the_middle_is_told(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        write_text(disk.path / "file", "before")
        with pytest.raises(OutputError, match="Read-only file system"), replacing(disk.path / "file"):
            disk.forbid_writing()
        assert (disk.path / "file").read_text() == "before"
