"""Files of designs from Python: the arguments of a call to what is written where."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codesign.errors import ConfigError
from codesign.export import EXPORTERS, Exporter, ExportPlan, require_absent, require_motions


def export_plan(
    formats: str | Sequence[str],
    designs: Sequence[str],
    stem: str,
    output: Path,
    when: str | Sequence[str] | None,
    settings: Mapping[str, Any],
    *,
    overwrite: bool,
) -> ExportPlan:
    """Return which files are written.

    Args:
        formats: names of exporters.
        designs: ids.
        stem: how names of files begin.
        output: folder.
        when: motions, see `ExportPlan`.
        settings: settings of exporters by section: an object of their class, or a mapping of its fields.
        overwrite: whether files may be there already.

    Raises:
        ConfigError: a format, motion or setting that there is none of, or a library that is missing.
        OutputError: a file is there already.
    """
    exporters = tuple(_exporter(name) for name in ([formats] if isinstance(formats, str) else formats))
    if not exporters:
        raise ConfigError("a format, or a list of them", "an empty list", 'ask for example for "html"')
    kinds = {each.section: each.settings for each in exporters if each.settings is not None}
    for section in settings:
        if section not in kinds:
            known = f"those are {', '.join(kinds)}" if kinds else "these formats have none"
            raise ConfigError("settings of the formats that are written", f"'{section}'", f"leave it out; {known}")
    made = {section: _settings(section, kinds[section], value) for section, value in settings.items()}
    motions = None if when is None else require_motions([when] if isinstance(when, str) else when)
    plan = ExportPlan(output, stem, tuple(designs), exporters, motions, made)
    if not overwrite:
        require_absent(plan.paths())
    return plan


def _exporter(name: str) -> Exporter:
    if not isinstance(name, str) or name not in EXPORTERS:
        remedy = "bodies alone are written by codesign.formats" if isinstance(name, str) else "name them in quotes"
        raise ConfigError(f"format to be one of {', '.join(EXPORTERS)}", repr(name), remedy)
    EXPORTERS[name].require_installed()
    return EXPORTERS[name]


def _settings(section: str, kind: type, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(f"{section} as {kind.__name__} or a dict of its fields", repr(value), "see its docstring")
    try:
        return kind(**value)
    except TypeError as error:
        raise ConfigError(f"{section} with fields of {kind.__name__}", str(error), "see its docstring") from error
    except ConfigError as error:
        raise error.within(section) from error
