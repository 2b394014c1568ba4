"""The ids by which Gymnasium makes environments."""

from collections.abc import Mapping
from typing import Any

import gymnasium

REGISTERED: Mapping[str, Mapping[str, Any]] = {
    "codesign/Walker-v0": {"robot": "walker"},
    "codesign/Swimmer-v0": {"robot": "swimmer"},
    "codesign/VoxelWalker-v0": {"robot": "voxel_walker"},
    "codesign/Robot-v0": {},
}
"""Arguments of `Environment` and `VectorEnvironment` by id; `codesign/Robot-v0` is whatever its arguments say."""

_HOME = "codesign.gym"


def register_environments() -> None:
    """Let `gymnasium.make` and `gymnasium.make_vec` know the ids, unless they do already."""
    for name, arguments in REGISTERED.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point=f"{_HOME}:Environment",
                vector_entry_point=f"{_HOME}:VectorEnvironment",
                kwargs=dict(arguments),
            )
