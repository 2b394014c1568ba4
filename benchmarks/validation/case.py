"""What a validation finds: rows of numbers beside theory, each with a bound that the theory gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Finding:
    """One case, computed.

    Attributes:
        name: key of the case, and of its table and figure in docs/validation.md.
        rows: one for each comparison, with its "error" and "bound", absolute or relative as the page says, None where
            theory gives none; more of what the table shows under other names.
        curves: what the figure shows, by name, each of x and y.
    """

    name: str
    rows: Sequence[Row]
    curves: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    @property
    def failures(self) -> list[Row]:
        """Rows whose error is beyond their bound, or is no number."""
        bounded = [row for row in self.rows if row["bound"] is not None]
        return [row for row in bounded if not abs(row["error"]) <= row["bound"]]
