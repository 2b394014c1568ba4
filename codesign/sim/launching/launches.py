"""Launches of the forward and the reverse kernel: recorded for ranges of worlds, on a CPU run by several threads."""

from typing import Any

import numpy as np
import warp as wp

from codesign.sim.kernels.rollout import RolloutKernels
from codesign.sim.layout.block_memory import ask_for, ranges
from codesign.sim.sharing import SHARES_PER_THREAD, Threads


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
        threads: of the host, which launch; one for a GPU.

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
        threads: Threads,
    ) -> None:
        self.kernels, self.inputs, self.work, self.needs = kernels, inputs, work, needs
        self.device, self.lanes, self.shared, self.threads = device, lanes, shared, threads
        self.commands: list[tuple[Any, Any]] = []
        self._order = wp.zeros(len(work), dtype=wp.int32, device=device)

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
        self.threads.run([forward for forward, _ in self.commands])

    def reverse(self) -> None:
        """Run the reverse sweep of the active worlds."""
        self.threads.run([reverse for _, reverse in self.commands])

    def _shares(self, active: np.ndarray) -> list[tuple[int, int, int]]:
        """Return ranges of the order and the shared memory of a block for each; on a CPU they are of like work."""
        if self.shared or not len(active):
            return ranges(self.needs[active], self.shared)
        total = np.cumsum(self.work[active])
        wanted = min(SHARES_PER_THREAD * self.threads.count, len(active))
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
