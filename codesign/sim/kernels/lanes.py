"""What the lanes of a block do together."""

import warp as wp


@wp.func_native("WP_TILE_SYNC();")
def synchronise() -> None:
    """Wait for all lanes of the block."""
