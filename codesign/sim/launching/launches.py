"""Launches of the forward and the reverse kernel: recorded for ranges of worlds, on a CPU run by several threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import warp as wp

from codesign.sim.kernels.rollout import RolloutKernels
from codesign.sim.layout.block_memory import ask_for, ranges

SHARES_PER_THREAD = 4
"""Launches per CPU thread and sweep: enough to even out differences, few enough to cost nothing."""


class Launches:
    """The recorded launches of both kernels over the active worlds; running them packs no arguments.

    No world is active at first.

    Args:
        kernels: the kernels of the configuration.
        inputs: arguments of the forward and of the reverse kernel; the first two, the offset of a launch and the order
            of the worlds, are put before them.
        work: time that each world takes, in any unit, shape (worlds,).
        needs: shared memory that a block needs for each world [bytes], shape (worlds,).
        device: the device that the kernels run on.
        lanes: threads of a block, which simulate a world together.
        shared: shared memory that staged kernels claim [bytes], 0 for none.
        threads: threads of the host that launch; one for a GPU.

    Attributes:
        commands: the recorded launches, a pair of forward and reverse for each range of worlds.
    """

    def __init__(
        self,
        kernels: RolloutKernels,
        inputs: tuple[list[Any], list[Any]],
        work: np.ndarray,
        needs: np.ndarray,
        *,
        device: Any,
        lanes: int,
        shared: int,
        threads: int,
    ) -> None:
        self.kernels, self.inputs, self.work, self.needs = kernels, inputs, work, needs
        self.device, self.lanes, self.shared, self.threads = device, lanes, shared, threads
        self.commands: list[tuple[Any, Any]] = []
        self._order = wp.zeros(len(work), dtype=wp.int32, device=device)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def set_active(self, worlds: np.ndarray) -> None:
        """Launch only some worlds from now on.

        Args:
            worlds: their indices, int, shape (any,).
        """
        # The largest come first, so that only small worlds are left when lanes and threads run out of work.
        active = worlds[np.argsort(-self.work[worlds], kind="stable")]
        order = np.zeros(len(self.work), np.int32)
        order[: len(worlds)] = active
        self._order.assign(order)
        self.commands = [self._recorded(*share) for share in self._shares(active)]

    def forward(self) -> None:
        """Run the forward sweep of the active worlds."""
        launch([forward for forward, _ in self.commands], self._pool)

    def reverse(self) -> None:
        """Run the reverse sweep of the active worlds."""
        launch([reverse for _, reverse in self.commands], self._pool)

    def _shares(self, active: np.ndarray) -> list[tuple[int, int, int]]:
        """Return ranges of the order and the shared memory of a block for each; on a CPU they are of like work."""
        if self.shared or not len(active):
            return ranges(self.needs[active], self.shared)
        total = np.cumsum(self.work[active])
        wanted = min(SHARES_PER_THREAD * self.threads, len(active))
        stops = np.searchsorted(total, total[-1] * np.arange(1, wanted + 1) / wanted, side="left") + 1
        bounds = np.unique(np.concatenate([[0], np.minimum(stops, len(active))]))
        return [(start, stop, 0) for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]

    def _recorded(self, start: int, stop: int, shared: int) -> tuple[Any, Any]:
        """Return the commands that launch both sweeps over a range of the order."""
        kernels = self.kernels
        forward, reverse = kernels.forward, kernels.reverse
        if shared:
            forward, reverse = kernels.staged_forward, kernels.staged_reverse
        commands = [
            wp.launch_tiled(
                kernel,
                dim=[stop - start],
                inputs=[start, self._order, *inputs],
                block_dim=self.lanes,
                device=self.device,
                record_cmd=True,
            )
            for kernel, inputs in zip((forward, reverse), self.inputs, strict=True)
        ]
        if shared:
            for command in commands:
                ask_for(command, shared)
        return commands[0], commands[1]


def launch_shares(
    kernel: wp.Kernel, count: int, lanes: int, inputs: Sequence[Any], device: Any, pool: ThreadPoolExecutor | None
) -> None:
    """Launch a kernel over (count, lanes) threads, by the threads of a pool if there is one.

    Args:
        kernel: takes the first of its share before its other arguments.
        count: how many there are.
        lanes: threads for each.
        inputs: the other arguments.
        device: where it runs.
        pool: threads of the host.
    """
    bounds = [0, count]
    if pool is not None:
        bounds = np.linspace(0, count, min(count, SHARES_PER_THREAD * pool._max_workers) + 1).astype(int).tolist()
    commands = [
        wp.launch(kernel, dim=(stop - start, lanes), inputs=[start, *inputs], device=device, record_cmd=True)
        for start, stop in zip(bounds[:-1], bounds[1:], strict=True)
    ]
    launch(commands, pool)


def launch(commands: Sequence[Any], pool: ThreadPoolExecutor | None) -> None:
    """Launch recorded commands, by the threads of a pool if there is one; after an error none of them still works."""
    if pool is None or len(commands) == 1:
        for command in commands:
            command.launch()
        return
    # Warp launches on a CPU are serial and release the interpreter's lock.
    launched = [pool.submit(command.launch) for command in commands]
    try:
        for share in launched:
            share.result()
    finally:
        # Where Ctrl-C came in between, threads still work on arrays that are about to be freed.
        for share in launched:
            share.cancel()
        wait(launched)
