"""Files that are whole or absent, and as readable as the user's other files."""

import contextlib
import os
import stat

import pytest

from codesign.errors import OutputError
from codesign.files import replacing, write_text


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
