"""Ways to spoil files of bodies: drawings, XML, and archives of arrays."""

import io
import re
import zipfile
from random import Random

from fuzz_mutations import change_npy


def change_drawing(random: Random, data: bytes, other: bytes) -> bytes:
    """Change lines of a drawing: cells, heads, springs, their order."""
    lines = data.decode("utf-8", "replace").split("\n")
    place = random.randrange(len(lines))
    odd = ("lattice: cube", "lattice: triangle", "lattice: square", "actuated: springs", "side: 1e999", "z=0", "z=1")
    odd += ("z=9999999", "springs:", "silent: ff", "muscles: 00", "body: a", 'body: "\\u001b"', "|", "| - : / \\", ".")
    match random.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, random.choice(lines))
        case 2:
            lines.insert(place, random.choice(odd))
        case 3:
            lines[place] = "".join(random.choice((each, random.choice(".RSHVmM^v:|/\\- #"))) for each in lines[place])
        case 4:
            lines[place] = lines[place] * random.choice((0, 2, 300))
        case _:
            lines = [*lines[:place], *other.decode("utf-8", "replace").split("\n")]
    return "\n".join(lines).encode()


def change_xml(random: Random, data: bytes, _other: bytes) -> bytes:
    """Change an XML text: names of elements, what is in them, attributes, entities, depth."""
    text = data.decode("utf-8", "replace")
    found = list(re.finditer(r"<([A-Za-z_]+)([^<>]*)>([^<]*)<", text))
    if not found:
        return data
    element = random.choice(found)
    values = ("", "0", "-1", "1", "5", "1000000", "999999999", "1e308", "nan", "inf", "a", "&b;", "\u00e9", "9" * 400)
    odd = (' Compression="ZLIB"', ' replace="VXA.VXC"', ' replace="VXA..a"', ' replace="a"', "", ' a="b" a="c"')
    heads = ('<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]>', '<!DOCTYPE a SYSTEM "file:///etc/passwd">')
    heads += ('<?xml version="1.0" encoding="utf-7"?>', '<?xml version="1.0" encoding="rot13"?>', "<?a b?>")
    part = text[element.start() : random.choice(found).end()]
    begin, end, new = random.choice(
        (
            (*element.span(3), random.choice(values)),
            (*element.span(3), random.choice(values)),
            (*element.span(1), random.choice(found)[1]),
            (*element.span(2), random.choice(odd)),
            (0, 0, random.choice(heads)),
            (element.start(), element.start(), "<a>" * random.choice((1, 70, 9000))),
            (element.start(), element.start(), part * random.choice((1, 40))),
            (*element.span(), ""),
        )
    )
    return (text[:begin] + new + text[end:]).encode()


def change_npz(random: Random, data: bytes, other: bytes) -> bytes:
    """Change one array of a .npz, leave it out, call it otherwise, or pack it otherwise."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = {name: archive.read(name) for name in archive.namelist()[:20]}
    except Exception:  # a file that was spoiled before
        return data
    if not arrays:
        return data
    name = random.choice(list(arrays))
    match random.randrange(5):
        case 0 | 1:
            arrays[name] = change_npy(random, arrays[name], other)
        case 2:
            del arrays[name]
        case 3:
            odd = (
                "arr_0.npy",
                "arr_1.npy",
                "body_geno.npy",
                "rows.npy",
                "id.npy",
                "loss.npy",
                "../a.npy",
                "a.txt",
                ".npy",
            )
            arrays[random.choice(odd)] = arrays[random.choice(list(arrays))]
        case _:
            whole = bytearray(arrays[name])
            if whole:
                whole[random.randrange(len(whole))] = random.choice((0, 1, 5, 255))
            arrays[name] = bytes(whole)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", random.choice((0, 8, 8, 12, 14))) as archive:
        for each, content in arrays.items():
            archive.writestr(each, content)
    return stream.getvalue()
