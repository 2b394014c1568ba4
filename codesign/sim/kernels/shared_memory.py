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
        bring, bring_reals, bring_integers, bring_indices, bring_recalls: (array, start, count) -> array in which the
            elements from `start` to `start + count` lie in shared memory, and no others.
        save, save_recalls: (array in shared memory, array, start, count): copies those elements back.
        flat: (reals, rows) -> array of reals over the memory of the rows.
    """

    bring: Any
    bring_reals: Any
    bring_integers: Any
    bring_indices: Any
    bring_recalls: Any
    save: Any
    save_recalls: Any
    flat: Any


def build_shared(types: dict[str, Any]) -> SharedFunctions:
    """Return the functions for a dialect's types."""
    reals, rows = wp.array(dtype=types["real"]), wp.array(dtype=types["numbers"])

    @wp.func_native("auto out = values; out.data = (decltype(values.data))source.data; return out;")
    def flat(values: reals, source: rows) -> reals: ...

    names = {"": "numbers", "_reals": "real", "_integers": "integer", "_indices": "indices", "_recalls": "recall"}
    functions = {f"bring{suffix}": _bring(types.get(name, wp.int32)) for suffix, name in names.items()}
    return SharedFunctions(**functions, save=_save(types["numbers"]), save_recalls=_save(types["recall"]), flat=flat)


def _bring(dtype: Any) -> Any:
    values_type = wp.array(dtype=dtype)

    @wp.func_native(f"""auto* own = (decltype(values.data)){ALLOCATOR}(count * (int)sizeof(*values.data));
    for (int i = WP_TILE_THREAD_IDX; i < count; i += WP_TILE_BLOCK_DIM) own[i] = values.data[start + i];
    auto out = values;
    out.data = own - start;
    return out;""")
    def bring(values: values_type, start: int, count: int) -> values_type: ...

    return bring


def _save(dtype: Any) -> Any:
    values_type = wp.array(dtype=dtype)

    @wp.func_native("""for (int i = WP_TILE_THREAD_IDX; i < count; i += WP_TILE_BLOCK_DIM)
        values.data[start + i] = shared.data[start + i];""")
    def save(shared: values_type, values: values_type, start: int, count: int): ...

    return save
