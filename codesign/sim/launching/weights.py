"""The weights of many controllers on a device: drawn from keys, loaded from a flat array, read into one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies, offsets
from codesign.sim.contracts import Controller, WeightBlock
from codesign.sim.device import device_of
from codesign.sim.kernels.types import PRECISIONS
from codesign.sim.kernels.weights import KINDS, PLACES, WeightKernels, weight_kernels
from codesign.sim.layout.packing import PARAMETER_ALIGNMENT, layout_of, padded_offsets
from codesign.sim.settings import Execution
from codesign.sim.sharing import Threads

GPU_LANES = 128
"""Threads of a GPU that share the weights of a controller."""


class Weights:
    """Where the weights of controllers are among their parameters, and what moves them.

    Args:
        blocks: of the controllers, see `WeightBlock`.
        starts: first parameter of each controller and the end of the last, shape (controllers + 1,).
        row: parameters in a row.
        precision: of the parameters.
        device: where they are.
        threads: of the host, which share the work on a CPU.

    Attributes:
        start: first weight of each controller and the end of the last, int64, shape (controllers + 1,).
        offsets: first parameter of each controller and the end of the last, on the device, int32.
    """

    def __init__(
        self,
        blocks: Sequence[WeightBlock],
        starts: np.ndarray,
        row: int,
        precision: str,
        device: Any,
        threads: Threads,
    ) -> None:
        controllers = len(starts) - 1
        self._kernels, self._device, self._threads = weight_kernels(precision, row), device, threads
        table = _table(blocks, controllers, row, self._kernels)
        self.start = offsets((table["count"].astype(np.int64) * table["lines"]).sum(axis=1))
        self._blocks = table.shape[1]
        self._normal: wp.array | None = None
        self._table = wp.array(table.ravel(), dtype=self._kernels.Block, device=device)
        self.offsets = wp.array(starts.astype(np.int32), dtype=wp.int32, device=device)
        self._everybody = wp.array(np.arange(controllers, dtype=np.int32), dtype=wp.int32, device=device)

    def draw(self, keys: np.ndarray, parameters: wp.array) -> None:
        """Draw first weights.

        Args:
            keys: what the weights of each controller follow from, uint64, shape (controllers,).
            parameters: written, padding included.

        Raises:
            ValueError: the number of keys is not that of the controllers.
        """
        if keys.shape != self._everybody.shape:
            raise ValueError(f"expected keys of shape {self._everybody.shape}; got {keys.shape}; give one a controller")
        self._clear(parameters)
        own = wp.array(np.ascontiguousarray(keys, np.uint64), dtype=wp.uint64, device=self._device)
        self._launch(self._kernels.draw, self._everybody, own, parameters)

    def draw_normal(self, keys: wp.array, controllers: wp.array, parameters: wp.array) -> None:
        """Set the weights of some controllers to standard normal numbers; from the second call on allocate nothing.

        Args:
            keys: of all controllers, on the device, uint64, shape (controllers,).
            controllers: the indices of those, on the device, int32, shape (any,).
            parameters: written; on a GPU, padding stays as it is.
        """
        if self._normal is None:
            table: Any = self._table.numpy()
            table["kind"], table["location"], table["scale"] = KINDS["normal"], 0.0, 1.0
            self._normal = wp.array(table, dtype=self._kernels.Block, device=self._device)
        self._launch(self._kernels.draw, controllers, keys, parameters, table=self._normal)

    def load(self, weights: np.ndarray, parameters: wp.array) -> None:
        """Set the weights of all controllers, flat; padding becomes zero.

        Raises:
            ValueError: the number of weights is not that of the controllers.
        """
        if weights.shape != (self.start[-1],):
            raise ValueError(
                f"expected weights of shape {(int(self.start[-1]),)}; got {weights.shape}; load those of these bodies"
            )
        given = wp.array(np.ascontiguousarray(weights, np.float64), dtype=wp.float64, device=self._device, copy=False)
        self.load_array(given, parameters)

    def load_array(self, weights: wp.array, parameters: wp.array) -> None:
        """Set the weights of all controllers by an array of either precision on the device, flat."""
        self._clear(parameters)
        given = self._doubles(weights)
        self._launch(self._kernels.load, self._everybody, self._integers(self.start[:-1]), given, parameters)

    def read(self, parameters: wp.array, controllers: np.ndarray | None = None) -> np.ndarray:
        """Return weights, flat, float64: of some controllers, one after the other, or of all.

        Args:
            parameters: these, or an array that lies like them.
            controllers: their indices, int, shape (any,).
        """
        counts = np.diff(self.start)
        chosen = self._everybody
        if controllers is not None:
            counts, chosen = counts[controllers], self._integers(np.asarray(controllers))
        found = offsets(counts)
        kind: Any = wp.float64
        weights = wp.empty(int(found[-1]), dtype=kind, device=self._device)
        if len(counts):
            self._launch(self._kernels.read, chosen, self._integers(found[:-1]), parameters, weights)
        return weights.numpy()

    def read_into(self, weights: wp.array, parameters: wp.array) -> None:
        """Write the weights of all controllers into an array of either precision on the device, flat."""
        kind: Any = wp.float64
        found = weights if weights.dtype == kind else wp.empty(weights.size, dtype=kind, device=self._device)
        self._launch(self._kernels.read, self._everybody, self._integers(self.start[:-1]), parameters, found)
        if found is not weights:
            wp.utils.array_cast(found, weights)

    def _doubles(self, weights: wp.array) -> wp.array:
        kind: Any = wp.float64
        if weights.dtype == kind:
            return weights
        found = wp.empty(weights.size, dtype=kind, device=self._device)
        wp.utils.array_cast(weights, found)
        return found

    def _clear(self, parameters: wp.array) -> None:
        if self._device.is_cuda:
            parameters.zero_()

    def _integers(self, values: np.ndarray) -> wp.array:
        return wp.array(values.astype(np.int32), dtype=wp.int32, device=self._device)

    def _launch(self, kernel: wp.Kernel, chosen: wp.array, *arguments: Any, table: wp.array | None = None) -> None:
        lanes = GPU_LANES if self._device.is_cuda else 1
        blocks = self._table if table is None else table
        inputs = [lanes, chosen, self.offsets, blocks, self._blocks, *arguments]
        self._threads.launch(kernel, chosen.size, inputs, self._device, lanes)


def first_weights(controller: Controller, bodies: Bodies, steps: int, keys: np.ndarray) -> np.ndarray:
    """Return the weights that controllers of bodies begin with, as `Simulator.draw` does, float64, shape (weights,).

    Args:
        controller: the controller.
        bodies: each has one.
        steps: in an episode.
        keys: see `Simulator.draw`, shape (bodies,).
    """
    layout = layout_of(bodies, 1)
    starts = padded_offsets(controller.parameter_counts(layout, steps), PARAMETER_ALIGNMENT)
    device = device_of(Execution(device="cpu"))
    weights = Weights(controller.weight_blocks(layout, steps), starts, 1, "float32", device, Threads(1))
    parameters = wp.empty(int(starts[-1]), dtype=PRECISIONS["float32"], device=device)
    weights.draw(keys, parameters)
    return weights.read(parameters)


def _table(blocks: Sequence[WeightBlock], controllers: int, row: int, kernels: WeightKernels) -> Any:
    """Return the blocks of all controllers as the device has them, shape (controllers, blocks)."""
    table: Any = np.zeros((controllers, len(blocks)), kernels.Block.numpy_dtype())
    for number, block in enumerate(blocks):
        column = table[:, number]
        for name in PLACES[:-1]:
            column[name] = getattr(block, name) if block.row_step is not None or name != "row_step" else row
        column["kind"] = KINDS[block.initial.kind]
        column["location"], column["scale"] = block.initial.location, block.initial.scale
    return table
