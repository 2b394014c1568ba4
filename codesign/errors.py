"""Errors that a user can cause and mend: what was expected, what came, what to do."""


class CodesignError(Exception):
    """A user's mistake, told in one line.

    Args:
        expected: what would have been right.
        got: what came instead.
        remedy: what to do about it, as an instruction.

    Example:
        >>> import codesign
        >>> try:
        ...     codesign.Problem(task="wlak")
        ... except codesign.CodesignError as error:
        ...     error.got, error.remedy
        ("'wlak'", "did you mean 'walk'?")
    """

    def __init__(self, expected: str, got: str, remedy: str) -> None:
        self.expected, self.got, self.remedy = expected, got, remedy
        super().__init__(f"expected {expected}; got {got}; {remedy}")

    def __reduce__(self) -> tuple[type["CodesignError"], tuple[str, ...]]:
        """Rebuild from the three parts, so that the error crosses process boundaries whole."""
        return type(self), (self.expected, self.got, self.remedy)


class ConfigError(CodesignError):
    """A setting that is unknown, of the wrong type or out of range.

    Args:
        expected: what would have been right; of a `field`, without its name.
        got: what came instead.
        remedy: what to do about it, as an instruction; `{field}` stands for the field's name.
        field: the field of the settings that the error is about, as their class names it; empty if it is about several.
    """

    def __init__(self, expected: str, got: str, remedy: str, field: str = "") -> None:
        self.field = field
        super().__init__(f"{field} to be {expected}" if field else expected, got, remedy.replace("{field}", field))
        self._said = (expected, got, remedy, field)

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[str, str, str, str]]:
        """Rebuild from the parts, so that the error crosses process boundaries whole."""
        return type(self), self._said

    def within(self, section: str, separator: str = ".") -> "ConfigError":
        """Return the error about the same field of settings that stand in a section of a configuration.

        Args:
            section: its name.
            separator: stands between it and the name of a field.
        """
        expected, got, remedy, field = self._said
        if not field:
            return ConfigError(f"{section}: {expected}", got, remedy)
        return ConfigError(expected, got, remedy, f"{section}{separator}{field}")

    def found_in(self, place: object) -> "ConfigError":
        """Return the error with the file or folder that it was found in."""
        expected, got, remedy, field = self._said
        return ConfigError(expected, f"{got} in {place}", remedy, field)


class GenomeError(CodesignError):
    """A genome that does not fit its lattice or has no body."""


class BodyError(CodesignError):
    """A body that cannot be simulated: a spring to a mass that it does not have, a number that makes no sense."""


class RunError(CodesignError):
    """A run folder that is missing, foreign or in use."""


class EvaluatorError(RunError):
    """Workers that are lost: what was finished is not, and the run can go on from there."""


class CheckpointError(CodesignError):
    """A checkpoint that is truncated, altered or from another experiment."""


class DesignError(CodesignError):
    """A design that the run does not know."""


class OutputError(CodesignError):
    """A place that cannot be written to."""


class MemoryBudgetError(CodesignError):
    """Work that does not fit into the memory it was given."""
