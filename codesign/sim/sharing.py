"""Launching by several threads of the host: Warp's launches on a CPU are serial, and release the interpreter's lock."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Any

import numpy as np
import warp as wp

SHARES_PER_THREAD = 4
"""Launches per CPU thread and sweep: enough to even out differences, few enough to cost nothing."""

FEWEST_PER_SHARE = 32
"""Worlds or controllers of a share at least, where each takes some microseconds: handing over a share takes as long."""


class Threads:
    """Threads of the host that share launches; on one thread, or for a GPU, launches just follow each other.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count) if count > 1 else None

    def run(self, commands: Sequence[Any]) -> None:
        """Launch recorded commands; after an error none of them still works."""
        if self._pool is None or len(commands) == 1:
            for command in commands:
                command.launch()
            return
        launched = [self._pool.submit(command.launch) for command in commands]
        try:
            for share in launched:
                share.result()
        finally:
            # Where Ctrl-C came in between, threads still work on arrays that are about to be freed.
            for share in launched:
                share.cancel()
            wait(launched)

    def launch(self, kernel: wp.Kernel, count: int, inputs: Sequence[Any], device: Any, lanes: int = 1) -> None:
        """Launch a kernel over (count, lanes) threads of the device, in shares.

        Args:
            kernel: takes the first of its share before its other arguments.
            count: how many there are.
            inputs: the other arguments.
            device: where it runs.
            lanes: for each.
        """
        shares = max(min(count // FEWEST_PER_SHARE, SHARES_PER_THREAD * self.count), 1) if self.count > 1 else 1
        bounds = np.linspace(0, count, shares + 1).astype(int).tolist()
        commands = [
            wp.launch(kernel, dim=(stop - start, lanes), inputs=[start, *inputs], device=device, record_cmd=True)
            for start, stop in pairwise(bounds)
        ]
        self.run(commands)
