"""What callers give, as tensors that the simulator takes; what it cannot take is refused in the way of PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch._C._functorch import is_batchedtensor

from codesign.api import Problem
from codesign.errors import CodesignError, MemoryBudgetError

_MAY_BE_INFINITE = ("force_limits",)
"""Inputs that are infinite where there is nothing to limit."""

_NAMES_OF_TYPES = {torch.float32: "float32", torch.float64: "float64"}


@contextmanager
def in_torch() -> Iterator[None]:
    """Tell mistakes of users as PyTorch would: too little memory by RuntimeError, the rest by ValueError."""
    try:
        yield
    except MemoryBudgetError as error:
        raise RuntimeError(str(error)) from None
    except CodesignError as error:
        raise ValueError(str(error)) from None


def require_problem(given: Any) -> Problem:
    """Return what was given, if it is a problem.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(given, Problem):
        remedy = "make one, for example codesign.Problem(task='walk')"
        raise TypeError(f"expected a codesign.Problem; got {_kind(given)}; {remedy}")
    return given


def require_whole_number(name: str, given: Any, *, least: int) -> int:
    """Return what was given, if it is a whole number of at least so much.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is too small.
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise TypeError(f"expected {name} to be a whole number; got {_kind(given)}; give for example {name}={least}")
    if given < least:
        raise ValueError(f"expected {name} to be at least {least}; got {given}; raise it")
    return int(given)


def tensor_of(
    name: str, given: Any, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device, *, finite: bool = True
) -> torch.Tensor:
    """Return an input of an episode as a contiguous tensor; gradients flow back to a tensor that was given.

    A tensor has to be of just this type and device, since PyTorch converts neither in silence; a strided one is copied.
    An array, a list, or a `codesign.Weights` is a constant and is converted.

    Args:
        name: of the input.
        given: a tensor, or what NumPy makes an array of.
        shape: that it has to have.
        dtype: of its numbers.
        device: where it has to be.
        finite: whether all numbers have to be finite.

    Raises:
        TypeError: another type of numbers, or no numbers at all.
        RuntimeError: a tensor on another device, or in `torch.vmap`.
        ValueError: another shape, or numbers that are not finite.
    """
    tensor = given if isinstance(given, torch.Tensor) else _constant(name, given, dtype, device)
    if is_batchedtensor(tensor):
        remedy = "batch bodies instead, for example bodies.take([0] * 32)"
        raise RuntimeError(f"expected {name} without a batch of torch.vmap; got one; {remedy}")
    if tensor.layout != torch.strided:
        raise TypeError(f"expected {name} as a dense tensor; got one of {tensor.layout}; write {name}.to_dense()")
    if tensor.dtype != dtype:
        other = _NAMES_OF_TYPES.get(tensor.dtype)
        precision = f", or make the problem with execution={{'precision': '{other}'}}" if other else ""
        remedy = f"write {name}.to({dtype}){precision}"
        raise TypeError(f"expected {name} of {dtype}, the problem's precision; got {tensor.dtype}; {remedy}")
    if tensor.device != device:
        remedy = f"write {name}.to('{device}'), or make the problem with another execution.device"
        raise RuntimeError(f"expected {name} on {device}, where the simulator is; got {tensor.device}; {remedy}")
    if tuple(tensor.shape) != shape:
        raise ValueError(f"expected {name} of shape {shape}; got {tuple(tensor.shape)}; {_remedy_of_shape(name)}")
    if finite:
        own = tensor.detach()
        bad = torch.isnan(own) if name in _MAY_BE_INFINITE else ~torch.isfinite(own)
        if bool(bad.any()):
            got = f"{int(bad.sum())} of {bad.numel()} that are not"
            raise ValueError(f"expected {name} of finite numbers; got {got}; look at what made them")
    return tensor.contiguous()


def _constant(name: str, given: Any, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    values = given.flat if type(given).__name__ == "Weights" else given
    try:
        if np.iscomplexobj(values):
            raise TypeError
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        remedy = "give a torch.Tensor or an array of real numbers"
        raise TypeError(f"expected {name} as a tensor; got {_kind(given)}; {remedy}") from None
    return torch.as_tensor(array, device=device).to(dtype)


def _remedy_of_shape(name: str) -> str:
    if name == "weights":
        return "give those of all bodies one after the other, as Rollout.initial_weights returns them"
    if name == "actuation":
        return "give a number for each spring of all bodies, one after the other, for every step or once for all steps"
    return "give those of all bodies one after the other, as Rollout.defaults returns them"


def _kind(thing: Any) -> str:
    """Return what kind of thing something is, with an article."""
    name = type(thing).__name__
    return "None" if thing is None else f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
