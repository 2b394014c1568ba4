"""The type of arrays here."""

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]
"""An array of numbers or truth values; documentation says which."""
