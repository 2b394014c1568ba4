"""An episode as an operation of PyTorch: tensors in and out without copies, and its reverse sweep as the derivative."""

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
import torch
import warp as wp

from codesign.differentiable import Episode

OUTPUTS = ("loss", "positions", "velocities", "task_state")
"""Outputs of an episode, in the order in which they are returned."""

_PATHS = ("positions", "velocities")


_Function = TypeVar("_Function", bound=Callable[..., Any])


def in_python(function: _Function) -> _Function:
    """Return a function at which `torch.compile` breaks its graph: the simulator has a compiler of its own."""
    return cast(_Function, torch.compiler.disable(function))


@dataclass
class Call:
    """What is known of a call besides tensors.

    Attributes:
        measure: whether to measure how bodies move; None to measure nothing at all.
        measures: what the bodies did, by name, each shape (bodies,).
        number: of the episode's simulation.
    """

    measure: bool | None = None
    measures: dict[str, np.ndarray] = field(default_factory=dict)
    number: int | None = None


class Operator:
    """An episode of a batch of bodies, as a function of tensors that PyTorch differentiates once.

    Tensors share their memory with the arrays of Warp, on a CPU and on a GPU, where the work goes to PyTorch's current
    stream; calls from several streams wait for each other there, since they share the episode's memory. Any number of
    calls may be pending in graphs, and any thread may call.

    Args:
        episode: what is simulated; kept as long as a graph needs it.
    """

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self.device = torch.device(str(wp.device_to_torch(episode.device)))
        self.dtype = wp.dtype_to_torch(episode.real)
        self.shapes = episode.shapes
        self._lock = threading.Lock()
        self._finished: Any = None  # the event at the end of the last call on a GPU

    def __deepcopy__(self, memo: dict[int, Any]) -> "Operator":
        """Return the same operator: it holds nothing of a model, and memory for one."""
        return self

    def __call__(
        self,
        inputs: Mapping[str, torch.Tensor],
        first_step: int = 0,
        *,
        final: bool = False,
        call: "Call | None" = None,
    ) -> dict[str, torch.Tensor]:
        """Return the outputs by name: loss, positions, velocities and task state.

        Args:
            inputs: by name, contiguous, of the operator's type and device; what is left out has its default.
            first_step: step of the episode that the window begins at.
            final: whether only the positions and velocities at the window's end are wanted.
            call: takes what is known of the call besides tensors.
        """
        found = _Forward.apply(self, first_step, final, call or Call(), tuple(inputs), *inputs.values())
        return dict(zip(OUTPUTS, found, strict=True))

    def forward(
        self, inputs: Mapping[str, torch.Tensor], first_step: int, *, final: bool, call: "Call"
    ) -> tuple[torch.Tensor, ...]:
        """Simulate; see `__call__`."""
        with self._alone():
            own = {name: self._shared(each) for name, each in inputs.items()}
            found = self.episode.simulate(own, first_step=first_step, measure=call.measure)
        call.number, call.measures = found.number, found.measures
        outputs = {name: wp.to_torch(found.outputs[name], requires_grad=False) for name in OUTPUTS}
        if final:  # a copy, so that the path's memory is free again
            outputs |= {name: outputs[name][-1].clone() for name in _PATHS}
        return tuple(outputs[name] for name in OUTPUTS)

    def reverse(
        self,
        inputs: Mapping[str, torch.Tensor],
        cotangents: Sequence[torch.Tensor | None],
        first_step: int,
        *,
        final: bool,
        number: int | None = None,
    ) -> dict[str, torch.Tensor]:
        """Return the gradient in every input, by name, of the outputs' sum weighed by cotangents.

        Args:
            inputs: as in `__call__`.
            cotangents: of the outputs, in their order; None for zero.
            first_step: as in `__call__`.
            final: as in `__call__`.
            number: of the simulation of these inputs, which is not done again if no other one came after it.
        """
        given = {name: each for name, each in zip(OUTPUTS, cotangents, strict=True) if each is not None}
        if final:
            given |= {name: self._at_the_end(name, given[name]) for name in _PATHS if name in given}
        with self._alone():
            found = self.episode.reverse(
                {name: self._shared(each) for name, each in inputs.items()},
                {name: self._shared(each.contiguous()) for name, each in given.items()},
                first_step=first_step,
                number=number,
            )
        return {name: wp.to_torch(each, requires_grad=False) for name, each in found.items()}

    def _at_the_end(self, name: str, cotangent: torch.Tensor) -> torch.Tensor:
        """Return the cotangent of a whole path of which only the end is used."""
        path = torch.zeros(self.episode.output_shapes[name], dtype=self.dtype, device=self.device)
        path[-1] = cotangent
        return path

    def _shared(self, tensor: torch.Tensor) -> wp.array:
        own = tensor.detach()
        # Where there is one number along an axis, a contiguous tensor may have any stride there, but not so an array.
        own = own.as_strided(own.shape, [math.prod(own.shape[axis + 1 :]) for axis in range(own.dim())])
        return wp.from_torch(own, dtype=self.episode.real, requires_grad=False)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one caller at a time use the episode, on PyTorch's current stream and after the caller before."""
        with self._lock:
            if self.device.type != "cuda":
                yield
                return
            stream = torch.cuda.current_stream(self.device)
            if self._finished is not None:
                stream.wait_event(self._finished)
            with wp.ScopedStream(wp.stream_from_torch(stream)):
                yield
            self._finished = stream.record_event()


class _Forward(torch.autograd.Function):
    """An episode; its backward is `_Reverse`."""

    @staticmethod
    def forward(
        operator: Operator,
        first_step: int,
        final: bool,
        call: Call,
        names: tuple[str, ...],
        *tensors: torch.Tensor,
    ) -> Any:
        return operator.forward(dict(zip(names, tensors, strict=True)), first_step, final=final, call=call)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG004 - PyTorch's signature
        ctx.operator, ctx.first_step, ctx.final, ctx.call, ctx.names, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor | None) -> Any:
        fixed = ctx.operator, ctx.first_step, ctx.final, ctx.call.number, ctx.names, ctx.needs_input_grad[5:]
        return None, None, None, None, None, *_Reverse.apply(*fixed, *ctx.saved_tensors, *cotangents)


class _Reverse(torch.autograd.Function):
    """The reverse sweep of an episode, which has no derivative."""

    @staticmethod
    def forward(
        operator: Operator,
        first_step: int,
        final: bool,
        number: int | None,
        names: tuple[str, ...],
        needed: tuple[bool, ...],
        *tensors: torch.Tensor | None,
    ) -> Any:
        inputs, cotangents = tensors[: len(names)], tensors[len(names) :]
        if all(each is None for each in cotangents):
            return (None,) * len(names)
        own = {name: each for name, each in zip(names, inputs, strict=True) if each is not None}
        found = operator.reverse(own, cotangents, first_step, final=final, number=number)
        return tuple(found[name] if need else None for name, need in zip(names, needed, strict=True))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor | None) -> Any:
        del ctx, cotangents
        raise RuntimeError(_ONCE)


_ONCE = (
    "expected first derivatives of an episode; got a request for second ones; "
    "take differences of gradients instead, or leave create_graph out"
)


class _Once(torch.autograd.Function):
    """Gradients that have no derivative themselves."""

    @staticmethod
    def forward(ctx: Any, count: int, *tensors: torch.Tensor) -> Any:
        del ctx
        return tuple(each.clone() for each in tensors[:count])

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor | None) -> Any:
        del ctx, cotangents
        raise RuntimeError(_ONCE)


def once(gradients: Sequence[torch.Tensor], inputs: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Return gradients in inputs that refuse to be differentiated again, rather than being taken for constants."""
    return _Once.apply(len(gradients), *gradients, *inputs) if torch.is_grad_enabled() else gradients
