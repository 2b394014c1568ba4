"""Reading files that may come from strangers: bounded, of files only, and data only."""

import json
import os
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from codesign.reading import DEEPEST, MOST, json_value, read_bytes, read_text, require_modest, safetensors_arrays

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_what_is_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert read_bytes(path, 3) == b"abc"
    assert read_text(path, 4) == "abc"
    (tmp_path / "link").symlink_to(path)
    assert read_bytes(tmp_path / "link", 3) == b"abc"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    os.truncate(path, 2**40)  # takes no room on the disk, and would take all of the memory
    with pytest.raises(OSError, match="larger than 2 MiB"):
        read_bytes(path, 2**21)


def test_a_file_whose_size_is_not_told() -> None:
    # Files of /proc say that they are of 0 bytes.
    assert b"\0" in read_bytes(Path("/proc/self/cmdline"), 2**20)
    with pytest.raises(OSError, match="larger than"):
        read_bytes(Path("/proc/self/maps"), 100)


@pytest.mark.parametrize(
    ("kind", "said"), [("pipe", "a stream or a device"), ("device", "a stream or a device"), ("folder", "a folder")]
)
@pytest.mark.timeout(10)
def test_what_is_no_file_is_not_waited_for(kind: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "there"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(OSError, match=said):
        read_bytes(path, 2**20)


@given(JSON)
def test_strict_json_is_read(value: object) -> None:
    text = json.dumps(value)
    assert json_value(text) == value
    assert json_value(text.encode()) == value


@given(st.text() | st.binary())
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with suppress(ValueError):
        json_value(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NaN", "not a JSON number"),
        ("[-Infinity]", "not a JSON number"),
        ("[1e999]", "beyond 1.8e308"),
        ("9" * 1_000_000, "digits"),
        ("9" * 100, "beyond 64 bits"),
        ('{"a": 1, "a": 2}', "a key twice"),
        ("[" * 100_000, "levels deep"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "levels deep"),
        ('{"a":' * 500 + "1" + "}" * 500, "levels deep"),
        (b"\xff\xfe", "utf-8"),
        ("", "Expecting value"),
    ],
)
def test_json_that_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        json_value(text)


def test_values_that_would_take_the_memory() -> None:
    require_modest(b"[]," * 2**20)
    with pytest.raises(ValueError, match="memory"):
        json_value(b"[" + b"[]," * 2**24)


def header(text: str, said: int | None = None) -> bytes:
    """Return the beginning of a safetensors file."""
    return struct.pack("<Q", len(text) if said is None else said) + text.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        header("{}", 2**40),
        header("{"),
        header("[]"),
        header('{"__metadata__": null}'),
        header('{"__metadata__": {"a": 1}}'),
        header('{"__metadata__": {"a": {"b": "c"}}}'),
        header('{"a": {"dtype": "F64", "shape": [1099511627776], "data_offsets": [0, 8796093022208]}}'),
        header('{"a": {"dtype": "F64", "shape": [2], "data_offsets": [0, 8]}}') + bytes(8),
        header('{"a": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}}') + bytes(8),
        header('{"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}') + bytes(8),
        header('{"a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}, "a": {}}') + bytes(8),
        header('{"a": ' + "[" * 90_000),
        b"\x80\x04\x95cos\nsystem\n",
    ],
)
def test_what_is_no_safetensors_file(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        safetensors_arrays(data)


@given(st.binary(max_size=200), st.integers(0, 120))
def test_a_spoiled_safetensors_file_is_read_or_refused(noise: bytes, place: int) -> None:
    whole = save({"weights": np.arange(4.0)}, {"of": "a"})
    arrays, metadata = safetensors_arrays(whole)
    np.testing.assert_array_equal(arrays["weights"], np.arange(4.0))
    assert metadata == {"of": "a"}
    with suppress(ValueError):
        safetensors_arrays(whole[:place] + noise + whole[place + len(noise) :])


def test_the_documented_limits() -> None:
    documents = Path(__file__).parent.parent.glob("docs/reliability*.md")
    rows = [line.split("|") for path in documents for line in path.read_text(encoding="utf-8").splitlines()]
    documented = [int(row[2].split()[0]) for row in rows if len(row) > 2 and row[2].endswith(" MiB ")]
    assert set(documented) == {limit // 2**20 for limit in vars(MOST).values()}
