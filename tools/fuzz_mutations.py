"""Ways to spoil a file: bytes that flip, parts that go, numbers that are absurd, and the structure of each format."""

import json
import re
import struct
from collections.abc import Callable
from random import Random
from typing import Any

Mutation = Callable[[Random, bytes, bytes], bytes]
"""Makes something of a file, with another one of its kind to take parts from."""

MOST_BYTES = 2**16
"""Mutated files are cut to this length: what is huge is claimed in headers, and tried on its own by the tests."""

_NUMBERS = (0, 1, -1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1)

_WORDS = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b".inf",
    b".nan",
    b"1e999",
    b"-1e999",
    b"1e-999",
    b"9" * 400,
    b"9" * 5000,
    b"null",
    b"true",
    b"{}",
    b"[]",
    b'""',
    b"~",
    b"-0",
    b"0x7fffffffffffffff",
    b"1_0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\x1b[2J",
    b"\r",
    b"\n",
    b"\xed\xa0\x80",
    b"../" * 9 + b"etc/passwd",
    b"/dev/zero",
    b"/proc/self/environ",
    b"${oc.env:HOME}",
    b"__import__('os').system('true')",
    b"!!python/object/apply:os.system ['true']",
    b"!!binary aGk=",
    b"&a [*a]",
    b"*a",
    b"<<: ",
    b"? ",
    b"- " * 200,
    b"[" * 300,
    b"{" * 300,
    b'{"a":' * 1500,
    b"[" * 50000,
    b"cos\nsystem\n(S'true'\ntR.",
    b"\x80\x04\x95",
    b"\x93NUMPY",
    b"PK\x03\x04",
    b"PAR1",
)


def flip_bits(random: Random, data: bytes, _other: bytes) -> bytes:
    """Flip some bits."""
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if found:
            found[random.randrange(len(found))] ^= 1 << random.randrange(8)
    return bytes(found)


def set_bytes(random: Random, data: bytes, _other: bytes) -> bytes:
    """Put other bytes in the place of some."""
    found = bytearray(data)
    for _ in range(random.choice((1, 2, 4))):
        if found:
            found[random.randrange(len(found))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
    return bytes(found)


def cut_end(random: Random, data: bytes, _other: bytes) -> bytes:
    """Leave the end out."""
    return data[: random.randrange(len(data) + 1)]


def cut_part(random: Random, data: bytes, _other: bytes) -> bytes:
    """Leave a part out."""
    begin = random.randrange(len(data) + 1)
    return data[:begin] + data[begin + random.choice((1, 4, 16, 256)) :]


def repeat_part(random: Random, data: bytes, _other: bytes) -> bytes:
    """Say a part several times."""
    begin = random.randrange(len(data) + 1)
    end = begin + random.choice((1, 4, 16, 256))
    return data[:end] + data[begin:end] * random.choice((1, 3, 50)) + data[end:]


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """Go on with another file from somewhere on."""
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


def insert_word(random: Random, data: bytes, _other: bytes) -> bytes:
    """Put in something that means something to some reader."""
    begin = random.randrange(len(data) + 1)
    return data[:begin] + random.choice(_WORDS) + data[begin + random.choice((0, 0, 1, 8)) :]


def set_number(random: Random, data: bytes, _other: bytes) -> bytes:
    """Write an absurd number in binary form over what is there."""
    kind = random.choice(("<I", "<Q", ">I", "<H"))
    size = struct.calcsize(kind)
    begin = random.randrange(max(1, len(data) - size + 1))
    number = struct.pack(kind, random.choice(_NUMBERS) % 2 ** (8 * size))
    return data[:begin] + number + data[begin + size :]


def exchange_token(random: Random, data: bytes, _other: bytes) -> bytes:
    """Replace one number, word or text of a text format."""
    tokens = list(re.finditer(rb"-?[0-9][0-9.eE+-]*|\"[^\"\n]*\"|[A-Za-z_]+|[\[\]{},:]", data))
    if not tokens:
        return data
    token = random.choice(tokens)
    number = str(random.choice((*_NUMBERS, 1e308, -1e-320, 0.5, random.gauss(0, 1e3)))).encode()
    word = random.choice((number, number, random.choice(_WORDS), random.choice(tokens)[0]))
    return data[: token.start()] + word + data[token.end() :]


def replace_all(random: Random, _data: bytes, _other: bytes) -> bytes:
    """Be something else altogether."""
    length = random.choice((0, 1, 7, 8, 100, 3000))
    return random.choice((random.randbytes(length), random.choice(_WORDS), random.choice(_WORDS) * 50))


def change_json(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change the value of a JSON text somewhere inside."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return flip_bits(random, data, data)
    value = _changed(random, value, 6)
    text = json.dumps(value, separators=random.choice((None, (",", ":"))))
    if random.random() < 0.1:  # a key twice
        text = re.sub(r'("[a-z_]+"):', r"\1:0,\1:", text, count=random.choice((1, 3)))
    return text.encode()


def change_lines(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change one line of JSON, leave lines out, say them twice or in another order."""
    lines = data.split(b"\n")
    place = random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            lines[place] = change_json(random, lines[place], data)
        case 1:
            del lines[place]
        case 2:
            lines.insert(place, random.choice(lines))
        case _:
            random.shuffle(lines)
    return b"\n".join(lines)


def change_yaml(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change lines of YAML: what a key holds, where it stands, anchors that are said again."""
    lines = data.decode("utf-8", "replace").split("\n")
    place = random.randrange(len(lines))
    value = random.choice(
        (
            *map(str, _NUMBERS),
            *(
                "null",
                "[]",
                "{}",
                ".nan",
                "[1, a, {b: c}]",
                "&a [*a]",
                "*a",
                "!!set {a}",
                "2001-01-01",
                "1:30",
                "'${a}'",
            ),
            *('"\\x24{oc.env:HOME}"', "!!python/name:os.system ''", "? [a]", "{1: 2}", "/dev/zero", "[[[[1]]]]"),
        )
    )
    match random.randrange(6):
        case 0 | 1:
            key, colon, _ = lines[place].partition(":")
            lines[place] = f"{key}{colon or ':'} {value}"
        case 2:
            del lines[place]
        case 3:
            lines[place] = f"{' ' * random.choice((0, 2, 4))}{lines[place].strip()}"
        case 4:
            lines.insert(place, random.choice(lines))
        case _:
            bomb = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
            lines = bomb[: random.choice((3, 12, 40))] + lines
    return "\n".join(lines).encode()


def change_npy(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change what the header of a .npy says."""
    if len(data) < 10:
        return data
    length = struct.unpack("<H", data[8:10])[0]
    shape = random.choice(
        ("()", "(2,)", "(2**40,)", "(1099511627776,)", "(-1, 2)", "(4, -1)", "(0, 7)", "(3, 5)", "(1,)*9", "(True, 2)")
    )
    kind = random.choice(
        ("'|O'", "'<f8'", "'>f4'", "'<f2'", "'<c16'", "'|b1'", "'<U9'", "'|V8'", "[('a', '<f8')]", "'<i9'", "'<M8[s]'")
    )
    header = random.choice(
        (
            f"{{'descr': {kind}, 'fortran_order': {random.choice(('False', 'True', '7'))}, 'shape': {shape}, }}",
            f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}",
            "(" * random.choice((150, 900, 9000)),
            "-" * random.choice((150, 900, 9000)) + "1",
            "{'descr': __import__('os').system('true')}",
            "{'descr': [('a', " * 80,
            "lambda: 0",
            "'a' * 2**40",
        )
    ).encode()
    version = random.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"))
    said = len(header) if random.random() < 0.8 else random.choice(_NUMBERS)
    size = struct.pack("<H", said % 2**16) if version == b"\x01\x00" else struct.pack("<I", said % 2**32)
    return b"\x93NUMPY" + version + size + header + data[10 + length :]


def change_safetensors(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change what the header of a safetensors file says."""
    length = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        return set_number(random, data, data)
    text = json.dumps(_changed(random, header, 5))
    if random.random() < 0.3:
        text = re.sub(r'\\"([a-z_.]+)\\": ', lambda match: random.choice((match[0], '\\"a\\": ')), text)
    said = len(text) if random.random() < 0.8 else random.choice(_NUMBERS)
    return struct.pack("<Q", said % 2**64) + text.encode() + data[8 + length :]


def change_footer(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change a parquet file's metadata, which stand before its end, or its first page header."""
    length = int.from_bytes(data[-8:-4], "little")
    begin = max(0, len(data) - 8 - length)
    found = bytearray(data)
    low, high = random.choice(((begin, len(data) - 8), (4, min(60, len(data))), (begin, len(data))))
    for _ in range(random.choice((1, 1, 2, 5))):
        if low < high:
            place = random.randrange(low, high)
            found[place] = random.choice((found[place] ^ (1 << random.randrange(8)), random.randrange(256), 0xFF, 0))
    if random.random() < 0.1:
        found[-8:-4] = struct.pack("<I", random.choice(_NUMBERS) % 2**32)
    return bytes(found)


def _changed(random: Random, value: Any, depth: int) -> Any:
    """Return a JSON value with a change somewhere inside."""
    if depth and isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        match random.randrange(8):
            case 0:
                return {name: each for name, each in value.items() if name != key}
            case 1:
                return {**value, random.choice(("", "a.b", "__class__", "\x1b", "x" * 300)): _odd(random)}
            case _:
                return {**value, key: _changed(random, value[key], depth - 1)}
    if depth and isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        changed = list(value)
        match random.randrange(8):
            case 0:
                del changed[place]
            case 1:
                changed.insert(place, random.choice((_odd(random), changed[place])))
            case _:
                changed[place] = _changed(random, value[place], depth - 1)
        return changed
    return _odd(random, value)


def _odd(random: Random, value: Any = 0) -> Any:
    choices: tuple[Any, ...] = (None, True, "", "a", "x" * 20000, [], {}, [[]], [0, [1]], {"": {}}, float("nan"))
    choices += (1e308, -1, 0.5, "../../x", "/dev/zero", "g001-i0001", "F64", "\ud800", 10**30, [value] * 3, str(value))
    return random.choice((*choices, random.choice(_NUMBERS), random.choice(_NUMBERS)))


PLAIN: tuple[Mutation, ...] = (
    flip_bits,
    set_bytes,
    cut_end,
    cut_part,
    repeat_part,
    splice,
    insert_word,
    set_number,
    exchange_token,
    replace_all,
)
"""What can be done to any file."""


def mutate(random: Random, seeds: tuple[bytes, ...], structured: tuple[Mutation, ...]) -> bytes:
    """Return a file made of valid ones by one to four mutations, half of them those of its format."""
    data = random.choice(seeds)
    for _ in range(random.choice((1, 1, 2, 4))):
        kinds = structured if structured and random.random() < 0.5 else PLAIN
        data = random.choice(kinds)(random, data, random.choice(seeds))[:MOST_BYTES]
    return data
