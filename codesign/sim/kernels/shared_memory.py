"""Shared memory: native functions that copy a world's share of an array into the memory of its block, and back.

Warp knows shared memory as tiles alone. One tile makes a launch ask for the memory (see
`codesign.sim.kernels.staging`); its allocator then hands it out piece by piece, each lane keeping account for itself.
On a CPU the same code copies into a buffer of the block.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

ALLOCATOR = "wp::tile_shared_storage_t::alloc"


@dataclass(frozen=True)
class SharedFunctions:
    """Functions that all lanes of a block call together; who reads what another lane copied synchronises first.

    Attributes:
        copy_to_shared, copy_reals_to_shared, copy_integers_to_shared, copy_indices_to_shared, copy_states_to_shared:
            (array, start, count) -> array in which the elements from `start` to `start + count` lie in shared memory,
            and no others.
        copy_back, copy_states_back: (array in shared memory, array, start, count): copies those elements back.
        as_reals: (reals, rows) -> array of reals over the memory of the rows.
    """

    copy_to_shared: Any
    copy_reals_to_shared: Any
    copy_integers_to_shared: Any
    copy_indices_to_shared: Any
    copy_states_to_shared: Any
    copy_back: Any
    copy_states_back: Any
    as_reals: Any


def build_shared(types: dict[str, Any]) -> SharedFunctions:
    """Return the functions for the kernel types."""
    reals, rows = wp.array(dtype=types["real"]), wp.array(dtype=types["row_vector"])

    @wp.func_native("auto out = values; out.data = (decltype(values.data))source.data; return out;")
    def as_reals(values: reals, source: rows) -> reals: ...

    return SharedFunctions(
        copy_to_shared=_copy_to_shared(types["row_vector"]),
        copy_reals_to_shared=_copy_to_shared(types["real"]),
        copy_integers_to_shared=_copy_to_shared(wp.int32),
        copy_indices_to_shared=_copy_to_shared(types["indices"]),
        copy_states_to_shared=_copy_to_shared(types["task_state"]),
        copy_back=_copy_back(types["row_vector"]),
        copy_states_back=_copy_back(types["task_state"]),
        as_reals=as_reals,
    )


def _copy_to_shared(dtype: Any) -> Any:
    values_type = wp.array(dtype=dtype)

    @wp.func_native(f"""auto* own = (decltype(values.data)){ALLOCATOR}(count * (int)sizeof(*values.data));
    for (int i = WP_TILE_THREAD_IDX; i < count; i += WP_TILE_BLOCK_DIM) own[i] = values.data[start + i];
    auto out = values;
    out.data = own - start;
    return out;""")
    def copy_to_shared(values: values_type, start: int, count: int) -> values_type: ...

    return copy_to_shared


def _copy_back(dtype: Any) -> Any:
    values_type = wp.array(dtype=dtype)

    @wp.func_native("""for (int i = WP_TILE_THREAD_IDX; i < count; i += WP_TILE_BLOCK_DIM)
        values.data[start + i] = shared.data[start + i];""")
    def copy_back(shared: values_type, values: values_type, start: int, count: int): ...

    return copy_back
