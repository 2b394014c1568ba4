"""`codesign show`: what files of bodies hold, drawn in the terminal, and written in other formats."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codesign.cli.suggestions import nearest
from codesign.errors import ConfigError, OutputError

if TYPE_CHECKING:
    from codesign.cli.given_bodies import GivenBody
    from codesign.export import Exporter
    from codesign.formats import BodyPlan, Format

KEYS = ("format", "design", "lenient", "output", "plugins")

OUTPUT = "bodies"
"""Folder that is written to by default."""

HELP = """Say what files of bodies hold, draw the bodies in the terminal, and write them in other formats.

  codesign show robot.npz                            one robot
  codesign show robots.parquet design=top3           the three of the highest fitness in the file
  codesign show a.vxd b.vxd format=[html,png]        a page, and a picture of each, in {output}/
  codesign show robot.vxd format=text output=drawn   the drawing, which reads back as the same body
  codesign show -- odd=name.npz                      after -- a word is a file, whatever is in it

== Files ==
{files}

== Settings (key=value) ==
{format}
design=null                             which bodies are meant: all, best, top5 (by the fitness in
                                        the files), a name, or a list of these; null for all, of
                                        which the first are drawn where there are many
lenient=false                           whether what bodies have and bodies here cannot have is
                                        replaced and told, instead of refused
output={output}                           folder that is written to; made if something is written
plugins=[]                              modules whose file formats and exporters are wanted; those
                                        of installed packages are there without
"""


@dataclass(frozen=True)
class Request:
    """What a user asked for.

    Attributes:
        files: files and folders of bodies.
        formats: words for formats to write.
        designs: words for bodies that are meant; empty for all.
        lenient: see `codesign.formats.read_plans`.
        output: folder to write to.
        plugins: modules of plug-ins.
    """

    files: tuple[str, ...]
    formats: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    lenient: bool = False
    output: str = OUTPUT
    plugins: tuple[str, ...] = ()


def run(arguments: Sequence[str]) -> int:
    """Run `codesign show` and return its exit status.

    Raises:
        CodesignError: a word, a file or a body that is none; several files are shown together or not at all.
    """
    words = list(arguments)
    given = words[: words.index("--")] if "--" in words else words
    if "--help" in given or "-h" in given:
        print(help_text())  # noqa: T201 - this is what was asked for
        return 0
    return _show(parsed(words))


def help_text() -> str:
    """Return the help of the command."""
    from codesign.cli.body_formats import format_words  # noqa: PLC0415 - a mistake is told without NumPy
    from codesign.cli.help import COLUMN, entry  # noqa: PLC0415
    from codesign.formats import FORMATS  # noqa: PLC0415
    from codesign.plugins import load_installed  # noqa: PLC0415

    load_installed()
    formats = ", ".join(f"{each.name} ({' '.join(each.suffixes) or 'folder'})" for each in FORMATS.values())
    files = "\n".join(entry("FILE ...", formats, COLUMN))
    written = "\n".join(entry("format=null", f"what to write, one or a list: {', '.join(format_words())}", COLUMN))
    return HELP.format(files=files, format=written, output=OUTPUT).rstrip()


def parsed(words: Sequence[str]) -> Request:
    """Return what the words of a command line ask for.

    Raises:
        ConfigError: no file, a flag, a key that there is none of or that is set twice, or a value that is none.
    """
    files, values = list[str](), dict[str, str]()
    rest = iter(words)
    for word in rest:
        key, equals, value = word.partition("=")
        if word == "--":
            files += rest
        elif word.startswith("-") and word != "-":
            raise ConfigError("files and key=value", f"'{word}'", "see codesign show --help")
        elif not equals or (key not in KEYS and Path(word).exists()):
            files.append(word)
        elif key not in KEYS:
            remedy = nearest(key, KEYS, f"set one of {', '.join(KEYS)}, or put a file of this name after --")
            raise ConfigError("a setting of codesign show", f"'{word}'", remedy)
        elif key in values:
            raise ConfigError(f"{key} once", f"{key}={values[key]} and {word}", "leave one of both out")
        else:
            values[key] = value
    if not files:
        raise ConfigError("a file of bodies", "none", "name one, as in codesign show robot.npz")
    lenient = values.get("lenient", "false").lower()
    if lenient not in ("true", "false"):
        raise ConfigError("lenient to be true or false", f"'{values['lenient']}'", "set lenient=true")
    if values.get("output") == "":
        raise ConfigError("output to be a folder to write to", "an empty text", "set output=FOLDER")
    formats, designs, plugins = (_listed(key, values.get(key)) for key in ("format", "design", "plugins"))
    return Request(tuple(files), formats, designs, lenient == "true", values.get("output", OUTPUT), plugins)


def _listed(key: str, value: str | None) -> tuple[str, ...]:
    """Return the words of A, A,B or [A,B]."""
    if value in (None, "null", "[]"):
        return ()
    assert value is not None
    inner = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    words = tuple(word.strip().strip("'\"") for word in inner.split(","))
    if not all(words):
        raise ConfigError(f"{key} as a word or a list of words", f"'{value}'", f"set {key}=A or {key}=[A,B]")
    return words


def _show(request: Request) -> int:
    from codesign.cli.body_formats import named_formats  # noqa: PLC0415
    from codesign.cli.drawings import show_bodies, wide_console  # noqa: PLC0415
    from codesign.cli.given_bodies import ALL, GivenBody, chosen, given_bodies, replaced  # noqa: PLC0415
    from codesign.plugins import load, load_installed  # noqa: PLC0415

    load_installed()
    load(request.plugins)
    formats = named_formats(request.formats) if request.formats else []
    bodies = given_bodies("FILE", list(request.files), lenient=request.lenient)
    meant: tuple[GivenBody, ...] = chosen(bodies, list(request.designs) or ALL)
    console = wide_console()
    for path in request.files:
        own = sum(body.file == path for body in bodies)
        console.print(f"{path}: {own:,} {'body' if own == 1 else 'bodies'}", markup=False)
    for line in replaced([body.plan for body in meant]):
        console.print(line, markup=False)
    console.print()
    show_bodies(console, meant, each=bool(request.designs))
    for path in _written(request, formats, meant):
        console.print(str(path), markup=False)
    return 0


def _written(request: Request, formats: "Sequence[Exporter | Format]", bodies: "Sequence[GivenBody]") -> list[Path]:
    """Write bodies in every format, and return the files.

    Raises:
        ConfigError: more bodies than are written unasked.
        FormatError: bodies that a format cannot express.
        OutputError: the folder cannot be written to, or a file would take the place of one that is read.
    """
    if not formats:
        return []
    from codesign.cli.at_rest import gallery_at_rest  # noqa: PLC0415 - as above
    from codesign.cli.given_bodies import chosen  # noqa: PLC0415
    from codesign.cli.output_folder import check_writable  # noqa: PLC0415
    from codesign.export import Exporter  # noqa: PLC0415

    chosen(bodies, list(request.designs) or None)
    for each in formats:
        if isinstance(each, Exporter):
            each.require_installed()
    stem = Path(request.files[0]).resolve().name.partition(".")[0] if len(request.files) == 1 else OUTPUT
    output = Path(request.output)
    check_writable(output)
    plans, named = _named(stem, bodies, several_files=len(request.files) > 1)
    paths = list[Path]()
    for each in formats:
        path = output / f"{stem}{each.suffix if isinstance(each, Exporter) else each.suffixes[0]}"
        path = path.with_stem(f"{stem}-{each.name}") if path in paths else path
        if path.exists() and any(path.samefile(file) for file in request.files):
            raise OutputError("a folder without the files that are read", f"{path}", "set output=FOLDER to another one")
        if isinstance(each, Exporter):
            paths += each.write(gallery_at_rest(stem, named), path)
        elif each.write is not None:
            paths += each.write(plans, path)
    return paths


def _named(
    stem: str, bodies: "Sequence[GivenBody]", *, several_files: bool
) -> "tuple[list[BodyPlan], list[GivenBody]]":
    """Return plans and bodies named for files that begin with `stem`: without the file's name where all are of one."""
    if several_files:
        return [replace(body.plan, name=body.id) for body in bodies], list(bodies)
    short = [body.id.removeprefix(f"{stem}-") or body.id for body in bodies]
    named = [replace(body, id=name) for body, name in zip(bodies, short, strict=True)]
    return [body.plan for body in bodies], named if len(set(short)) == len(short) else list(bodies)
