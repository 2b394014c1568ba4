"""The readers of files of bodies, with valid files of every format and what to spoil in them."""

import base64
import re
import zlib
from collections.abc import Callable
from pathlib import Path

from fuzz_body_mutations import change_drawing, change_npz, change_xml
from fuzz_mutations import change_footer, change_json, change_npy
from fuzz_reader import Reader

EXAMPLES = Path(__file__).resolve().parent.parent / "examples" / "bodies"


def make_bodies(folder: Path) -> None:
    """Write valid files of bodies of each format that is written."""
    import numpy as np  # noqa: PLC0415 - this runs in a process of its own

    from codesign.formats import FORMATS, plans_of, read_plans  # noqa: PLC0415
    from codesign.genome import LATTICES, random_genomes  # noqa: PLC0415
    from codesign.streams import Purpose, draws_of  # noqa: PLC0415

    folder.mkdir()
    for kind, named in {
        "square": "evogym evogym_world evogym_dataset text bodies",
        "triangle": "text bodies",
        "cube": "text bodies",
    }.items():
        settings = LATTICES[kind]()
        genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 2, Purpose.GENOME))
        plans = plans_of(genomes, settings, ["a", "b"])
        for name in named.split():
            write = FORMATS[name].write
            if write is None:
                raise RuntimeError(f"{name} writes nothing to begin with")
            stem = f"bodies-{kind}" if name == "bodies" else kind
            write(plans, folder / f"{stem}{FORMATS[name].suffixes[0]}")
    run = folder / "run" / "generation_0" / "structure"
    run.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.glob("square-*.npz"))):
        (run / f"{number}.npz").write_bytes(path.read_bytes())
    (run.parent / "output.txt").write_text("0\t\t1.5\n1\t\t-0.25\n")
    bodies = np.load(EXAMPLES / "polycubes.npy")
    np.save(folder / "losses.npy", np.linspace(0, 1, 18, dtype=np.float32).reshape(*bodies.shape[:2], 3))
    for name in ("robots.npz", "polycubes.npy", "base.vxa", "crawler.vxd", "roller.txt", "crawler.txt", "walker.txt"):
        (folder / name).write_bytes((EXAMPLES / name).read_bytes())
    for compression in ("BASE64", "ZLIB"):
        packed = _packed((folder / "base.vxa").read_text(), compression)
        (folder / f"{compression.lower()}.vxa").write_text(packed)
    assert all(read_plans(path) for path in folder.iterdir() if path.name != "losses.npy")


def _packed(text: str, compression: str) -> str:
    """Return a .vxa whose layers are packed in another way, with offsets of phases."""

    def pack(layer: re.Match[str]) -> str:
        data = bytes(ord(character) - ord("0") for character in layer[1])
        return f"<Layer>{base64.b64encode(zlib.compress(data) if compression == 'ZLIB' else data).decode()}</Layer>"

    counts = [int(number) for number in re.findall(r"<[XYZ]_Voxels>(\d+)<", text)]
    layer = f"<Layer>{','.join(['0.0'] * counts[0] * counts[1])}</Layer>"
    phases = f"<PhaseOffset>{layer * counts[2]}</PhaseOffset></Structure>"
    text = re.sub(r"<Layer><!\[CDATA\[([0-9]*)\]\]></Layer>", pack, text)
    return text.replace("ASCII_READABLE", compression).replace("</Structure>", phases)


def body_readers(seeds: Path) -> tuple[Reader, ...]:
    """Return the readers of bodies, given what `make_bodies` made."""

    def some(pattern: str) -> tuple[bytes, ...]:
        found = tuple(path.read_bytes() for path in sorted(seeds.glob(pattern)))
        if not found:
            raise RuntimeError(f"no valid file {pattern} to begin with")
        return found

    def beside(name: str, file: str = "") -> Callable[[Path, bytes], None]:
        return _with(name, (seeds / name).read_bytes(), len(Path(file).parents))

    ranking = "run/generation_0/output.txt"
    return (
        Reader("drawing", "drawn.txt", some("*.txt"), _bodies("drawn.txt"), (change_drawing,), 4),
        Reader("vxa", "robot.vxa", some("*.vxa"), _bodies("robot.vxa"), (change_xml,), 4),
        Reader("vxd", "robot.vxd", some("*.vxd"), _bodies("robot.vxd"), (change_xml,), 4, beside("base.vxa")),
        Reader("vxd_base", "base.vxa", some("*.vxa"), _bodies("crawler.vxd"), (change_xml,), 2, beside("crawler.vxd")),
        Reader("eldir", "robots.npz", some("robots.npz"), _bodies("robots.npz"), (change_npz,), 4),
        Reader("polycubes", "polycubes.npy", some("polycubes.npy"), _bodies("polycubes.npy"), (change_npy,), 4),
        Reader(
            "losses",
            "losses.npy",
            some("losses.npy"),
            _bodies("polycubes.npy"),
            (change_npy,),
            2,
            beside("polycubes.npy"),
        ),
        Reader("structure", "body.npz", some("square*.npz"), _bodies("body.npz"), (change_npz,), 4),
        Reader("world", "world.json", some("square.json"), _bodies("world.json"), (change_json,), 4),
        Reader("bodies", "first.json", some("bodies-*.json"), _bodies("first.json"), (change_json,), 4),
        Reader("dataset", "robots.parquet", some("*.parquet"), _bodies("robots.parquet"), (change_footer,), 0.5),
        Reader(
            "ranking",
            ranking,
            some(ranking),
            _bodies("run"),
            (),
            2,
            beside("run/generation_0/structure/0.npz", ranking),
        ),
    )


def _bodies(name: str) -> Callable[[Path], object]:
    """Return what reads and draws the bodies in a file, whatever they cannot have."""

    def read(folder: Path) -> object:
        from codesign.formats import drawing_of, read_plans  # noqa: PLC0415 - loaded in the workers only

        plans = read_plans(folder / name, lenient=True)
        return [drawing_of(plan) for plan in plans[:2] if plan.cells.size < 2000]

    return read


def _with(name: str, data: bytes, depth: int) -> Callable[[Path, bytes], None]:
    """Return what writes a spoiled file, which lies so deep in its folder, and another one as it should be."""

    def write(path: Path, spoiled: bytes) -> None:
        place = path.parents[max(0, depth - 1)] / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        path.write_bytes(spoiled)

    return write
