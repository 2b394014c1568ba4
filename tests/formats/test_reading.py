"""Files that are none of what their suffix says, folders of other things, and what is told of odd bodies."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codesign.formats import FORMATS, BodyPlan, FormatError, Inexpressible, format_of
from codesign.formats.format import Format
from codesign.formats.reading import read_plans


def told(call: Callable[[], object]) -> str:
    with pytest.raises(FormatError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", sorted({suffix for each in FORMATS.values() for suffix in each.suffixes}))
def test_an_empty_file_is_said_to_be_empty(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.touch()
    assert f"{path}, which is empty" in told(lambda: format_of(path))


@pytest.mark.parametrize(
    ("content", "suffix", "right"),
    [
        (b"\x93NUMPY\x01\x00", ".npz", ".npy"),
        (b"PK\x03\x04", ".npy", ".npz"),
        (b"PAR1", ".json", ".parquet"),
        (b'{"grid_width": 1}', ".parquet", ".json"),
        (b"\xef\xbb\xbf <?xml", ".txt", ".vxa"),
        (b"{}", "", ".json"),
    ],
)
def test_a_file_of_another_suffix_is_told_what_it_is(content: bytes, suffix: str, right: str, tmp_path: Path) -> None:
    path = tmp_path / f"body{suffix}"
    path.write_bytes(content)
    message = told(lambda: format_of(path))
    assert f"which begins as {right}" in message
    assert f"call it body{right}" in message


def test_a_pickle_under_another_name_is_told_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "robots.npz"
    path.write_bytes(b"\x80\x04\x95")
    assert "docs/formats.md" in told(lambda: format_of(path))


def test_a_folder_of_files_leads_to_them(tmp_path: Path) -> None:
    assert "check the path" in told(lambda: format_of(tmp_path))
    for name in ("notes.md", "b.npz", "a.vxd"):
        (tmp_path / name).touch()
    assert f"name the files in it, as in {tmp_path / 'a.vxd'}" in told(lambda: format_of(tmp_path))
    (tmp_path / "metrics.jsonl").touch()
    assert f"as in codesign export run={tmp_path} format=json" in told(lambda: format_of(tmp_path))


FIXED = Inexpressible("fixed cells", "taken as rigid", ((0, 0),))
LOOSE = Inexpressible("unglued neighbours", "joined", ((0, 0), (0, 1)))
STICKY = Inexpressible("sticky cells", "taken as rigid")


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ([[FIXED]], "got fixed cells at (0,0) in {}; set lenient=true to have them taken as rigid, or change the file"),
        (
            [[FIXED, STICKY]],
            "fixed cells at (0,0), and sticky cells in {}; set lenient=true to have them taken as rigid",
        ),
        ([[FIXED, LOOSE]], "to have fixed cells taken as rigid, and unglued neighbours joined, or change the file"),
        ([[], [LOOSE]], "at (0,0) (1,0) of body 1 in {}; set"),
        ([[FIXED], [LOOSE]], "of body 0 in {} (and in 1 more body); set"),
        ([[FIXED], [LOOSE], [LOOSE]], "(and in 2 more bodies)"),
    ],
)
def test_what_bodies_cannot_have_is_one_plain_sentence(odd: list, said: str, tmp_path: Path) -> None:
    cells = np.ones((1, 2), np.uint8)
    plans = [BodyPlan(str(n), "square", cells, inexpressible=tuple(own)) for n, own in enumerate(odd)]
    path = tmp_path / "x.odd"
    path.touch()
    formats = {"odd": Format("odd", (".odd",), lambda _path: plans)}
    assert said.format(path) in told(lambda: read_plans(formats, path))
    assert read_plans(formats, path, lenient=True) == plans
