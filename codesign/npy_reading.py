"""Arrays of numbers in files that NumPy saved, .npy and .npz: no pickle is read, and no more than is asked for."""

import io
import math
import struct
import tokenize
import warnings
import zipfile
import zlib

import numpy as np

_LONGEST_HEADER = 1024
"""Characters of a header of .npy; NumPy writes some 128, and is slow to refuse long ones."""

_MOST_ARRAYS = 256
"""Arrays in one .npz."""

_MOST_AXES = 16


def npy_array(data: bytes, most: int) -> np.ndarray:
    """Return the array in what NumPy saved as .npy, of the type that it says: floating point, whole numbers or bool.

    Args:
        data: the content of the file.
        most: how many numbers it may have, and how long an axis may be.

    Raises:
        ValueError: it is no such file, holds anything but numbers (objects, which would be pickles, in particular),
            more of them than `most`, or not as many as it says.
    """
    stream = io.BytesIO(data)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        version = np.lib.format.read_magic(stream)
        with warnings.catch_warnings(action="ignore"):
            shape, columns_first, kind = readers[version](stream, max_header_size=_LONGEST_HEADER)
    except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError) as error:
        raise ValueError("not an array that NumPy saved") from error
    if kind.kind not in "fiub":
        pickled = ", which would be pickles," if kind.hasobject else ""
        raise ValueError(f"an array of {kind}{pickled} of shape {shape}, not of numbers")
    if len(shape) > _MOST_AXES or min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape}")
    count = math.prod(shape)
    if max(count, *shape, 0) > most:
        raise ValueError(f"{count} numbers in an array of shape {shape}, more than {most}")
    if count * kind.itemsize != len(data) - stream.tell():
        raise ValueError(f"{len(data) - stream.tell()} bytes of numbers, where {count * kind.itemsize} should be")
    flat = np.frombuffer(data, kind, offset=stream.tell())
    return flat.reshape(shape, order="F" if columns_first else "C")


def npz_arrays(data: bytes, most: int) -> dict[str, np.ndarray]:
    """Return the arrays in what NumPy saved as .npz by their names, each as `npy_array` returns it.

    Args:
        data: the content of the file.
        most: how many numbers all of them may have together.

    Raises:
        ValueError: it is no such file, is damaged, or one of its arrays is refused by `npy_array`. Nothing is
            decompressed of a file that would become too large.
    """
    # Python's reader of archives makes an object of every entry that a directory lists.
    if data.count(b"PK\x01\x02") > _MOST_ARRAYS:
        raise ValueError(f"more than {_MOST_ARRAYS} arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _arrays_of(archive, most)
    except (
        *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
        *(RuntimeError, LookupError, OverflowError),
    ) as error:
        raise ValueError(f"not arrays that NumPy saved as .npz ({str(error) or 'it ends too early'})") from error


def _arrays_of(archive: zipfile.ZipFile, most: int) -> dict[str, np.ndarray]:
    entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
    widest = np.dtype(np.longdouble).itemsize
    if sum(entry.file_size for entry in entries) > most * widest + len(entries) * 2 * _LONGEST_HEADER:
        raise ValueError(f"arrays of {sum(entry.file_size for entry in entries)} bytes, more than {most} numbers")
    found, left = dict[str, np.ndarray](), most
    for entry in entries:
        # The other methods of compression are not NumPy's, and Python's readers of them expand what they get at once.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
            raise ValueError(f"not arrays that NumPy saved as .npz ({entry.filename!r} is compressed in another way)")
        name = entry.filename.removesuffix(".npy")
        if name in found:
            raise ValueError(f"not arrays that NumPy saved as .npz ({name!r} twice)")
        try:
            # Without a length, Python unpacks all that is there, whatever the directory says.
            with archive.open(entry) as stream:
                found[name] = npy_array(stream.read(entry.file_size), left)
        except ValueError as error:
            raise ValueError(f"{error} ({name!r})") from error
        left -= found[name].size
    return found
