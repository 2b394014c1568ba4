"""Arrays that NumPy saved come back as they were; pickles, bombs, and what is damaged are told in one line."""

import io
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import numpy as np
import pytest

from codesign.npy_reading import npy_array, npz_arrays

MOST = 10_000


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(save: Callable[..., None] = np.savez, **arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text.encode() + b"\n"


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12, dtype=np.int16).reshape(3, 4)),
        np.array([[True, False]]),
        np.array(3, dtype=np.uint8),
        np.zeros((0, 5), dtype=np.float32),
        np.array([1.5, 2.5], dtype=">f8"),
    ],
    ids=str,
)
def test_arrays_come_back_as_they_were(array: np.ndarray) -> None:
    found = [npy_array(npy(array), MOST), *(npz_arrays(npz(save, a=array), MOST)["a"] for save in SAVED)]
    for each in found:
        assert each.dtype == array.dtype
        np.testing.assert_array_equal(each, array)


SAVED = (np.savez, np.savez_compressed)


def test_a_file_of_several_arrays_has_them_by_name() -> None:
    assert list(npz_arrays(npz(body=np.zeros(3), connections=np.ones(2)), MOST)) == ["body", "connections"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an array"),
        (b"0,1\n", "not an array"),
        (npy(np.zeros(9))[:-1], "71 bytes of numbers, where 72 should be"),
        (npy(np.zeros(9)) + b"x", "73 bytes of numbers, where 72 should be"),
        (npy(np.zeros(MOST + 1)), f"more than {MOST}"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000)}"), f"more than {MOST}"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1000000000)}"), f"more than {MOST}"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}") + bytes(8), r"shape \(-1, -1\)"),
        (header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {(1,) * 40}}}") + bytes(8), "an array of shape"),
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + b"\x80\x04N.", "would be pickles"),
        (header("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}") + bytes(12), "not of numbers"),
        (header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}") + bytes(8), "not of numbers"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)"), "not an array"),
        (header("(" * 900), "not an array"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_array_of_numbers_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        npy_array(data, MOST)
    with pytest.raises(ValueError, match=said):
        npz_arrays(zipped(("a.npy", data)), MOST)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not arrays"),
        (npy(np.zeros(3)), "not arrays"),
        (npz(a=np.zeros(3))[:-30], "not arrays"),
        (npz(a=np.zeros(60), b=np.zeros(MOST - 50)), "more than 9940"),
        (zipped(*((f"{number}.npy", npy(np.zeros(1))) for number in range(300))), "more than 256 arrays"),
        (zipped(("a.npy", npy(np.zeros(1))), method=zipfile.ZIP_BZIP2), "compressed in another way"),
        (zipped(("a.npy", npy(np.zeros(1))), method=zipfile.ZIP_LZMA), "compressed in another way"),
    ],
    ids=["empty", "npy", "truncated", "large", "many", "bzip2", "lzma"],
)
def test_what_is_no_file_of_arrays_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        npz_arrays(data, MOST)


def test_two_arrays_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("a.npy", npy(np.zeros(1))), ("a.npy", npy(np.ones(1))))
    with pytest.raises(ValueError, match="'a' twice"):
        npz_arrays(data, MOST)


@pytest.mark.parametrize("claimed", [None, 100], ids=["honest", "lying"])
def test_a_bomb_is_not_unpacked(claimed: int | None) -> None:
    data = zipped(("a.npy", npy(np.zeros(2**22))))
    if claimed is not None:  # the directory says that it becomes 100 bytes
        data = data.replace(struct.pack("<I", len(npy(np.zeros(2**22)))), struct.pack("<I", claimed))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"more than 10000|not arrays|bytes of numbers"):
            npz_arrays(data, MOST)
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_entries_that_are_no_arrays_are_left_alone() -> None:
    assert list(npz_arrays(zipped(("readme.txt", b"x"), ("a.npy", npy(np.zeros(1)))), MOST)) == ["a"]


def test_spoiled_files_are_read_or_refused() -> None:
    chance, seeds = random.Random(0), [npz(save, a=np.arange(9.0), b=np.ones((3, 3), np.uint8)) for save in SAVED]
    refused = 0
    for number in range(2000):
        data = bytearray(seeds[number % 2])
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 255, chance.randrange(256)))
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        try:
            npz_arrays(bytes(data), MOST)
        except ValueError:
            refused += 1
    assert refused > 500
