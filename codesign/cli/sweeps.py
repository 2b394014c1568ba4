"""Sweeps: the jobs that a command line and its configuration ask for, and what is said about one of several."""

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override
from omegaconf import DictConfig, OmegaConf

from codesign.errors import CodesignError, ConfigError

CHECKED_JOBS = 50
"""Jobs of a sweep up to which every one is checked before the first begins, at some hundredths of a second each."""


def jobs(overrides: Sequence[str], *, multirun: bool) -> Iterator[list[str]]:
    """Yield the overrides of every job of a sweep; of a large one, of as many as have every value at least once.

    Of an interval its ends are taken for values.

    Raises:
        ConfigError: a sweep without the flag for several runs.
    """
    loader = GlobalHydra.instance().config_loader() if GlobalHydra.instance().is_initialized() else None
    parsed = OverridesParser.create(loader).parse_overrides(list(overrides))
    if not multirun:
        for override in parsed:
            if override.is_sweep_override():
                remedy = "add -m to run with each of them, or write a list as key=[a,b]"
                raise ConfigError("one value for each key", f"'{override.input_line}'", remedy)
        yield list(overrides)
        return
    values = [options for override in parsed if (options := _values(override))]
    if math.prod(len(options) for options in values) <= CHECKED_JOBS:
        yield from (list(chosen) for chosen in itertools.product(*values))
        return
    first = [options[0] for options in values]
    yield first
    for place, options in enumerate(values):
        for option in options[1:]:
            yield [*first[:place], option, *first[place + 1 :]]


def sweeper_params(config: DictConfig, overrides: Sequence[str]) -> list[str]:
    """Return the overrides that a configuration's own sweep has beside those of the command line, which come before.

    Args:
        config: as composed, Hydra's own part included.
        overrides: of the command line.
    """
    params = OmegaConf.select(config, "hydra.sweeper.params")
    if not isinstance(params, DictConfig):
        return []
    parser = OverridesParser.create()
    typed = {override.get_key_element() for override in parser.parse_overrides(list(overrides))}
    found = parser.parse_overrides([f"{key}={value}" for key, value in params.items()])
    return [str(override.input_line) for override in found if override.get_key_element() not in typed]


def _values(override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    if override.is_discrete_sweep():
        return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]
    value = override.value()
    ends = (value.start, value.end) if isinstance(value, IntervalSweep) else ()
    return [f"{override.get_key_element()}={end}" for end in ends]


def asks_for_several(overrides: Sequence[str]) -> bool:
    """Return whether overrides ask for several jobs, as the flag -m does."""
    return any(word.lstrip("+") == "hydra.mode=MULTIRUN" for word in overrides)


@contextmanager
def told_of_job(overrides: Sequence[str], typed: Sequence[str], *, several: bool) -> Iterator[None]:
    """Let a mistake say which job of several it is about."""
    try:
        yield
    except CodesignError as error:
        varied = [word for word in overrides if word not in typed]
        if not several or not varied:
            raise
        raise CodesignError(error.expected, f"{error.got} in the job {' '.join(varied)}", error.remedy) from error


def maximising(config: DictConfig, typed: Sequence[str]) -> tuple[str, ...]:
    """Return the word that makes a sweeper with a direction maximise what jobs return, unless the user chose one."""
    has = OmegaConf.select(config, "hydra.sweeper.direction") is not None
    return ("hydra.sweeper.direction=maximize",) if has and "hydra.sweeper.direction" not in typed else ()


def of_launcher(error: Exception) -> Exception:
    """Return an error, and for one by which a launcher says that it lost a job's process, one that a user can read."""
    if type(error).__module__.partition(".")[0] not in ("joblib", "submitit"):
        return error
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    got = f"{type(error).__name__} ({lines[0] if lines else 'no more is known'})"
    remedy = "see what the launcher logged; what a job has finished is safe, and run=auto goes on with it"
    return CodesignError("jobs that the launcher sees the end of", got, remedy)
