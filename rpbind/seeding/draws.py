"""Find the parameter or buffer that each random draw ends in, while a model is built.

The layers may be torch's or a user's, so all torch operations of the build are watched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.utils._python_dispatch import TorchDispatchMode

from rpbind.eager import call_as_it_is
from rpbind.seeding.streams import stream_seed

RESET_METHODS = ("reset_parameters", "_reset_parameters")
"""Names of the method that draws a layer's initial values, in torch and by convention elsewhere."""


@dataclass(frozen=True)
class DrawPlan:
    """What a build has found, for the next build of the same model.

    Parameters
    ----------
    names
        The full name of each registered parameter and buffer, in the order of registration.
    ends
        For each indirect draw, the number of the tensor that it ended in.
    """

    names: tuple[str, ...] = ()
    ends: tuple[int | None, ...] = ()


def storage_of(tensor: Tensor) -> int:
    """Return the address of a tensor's memory; 0 where it has none."""
    return 0 if tensor.is_meta else tensor.untyped_storage().data_ptr()


@dataclass
class _Registered:
    """The n-th parameter or buffer that was registered: its module, and its name there."""

    number: int
    module: nn.Module
    name: str
    tensor: Tensor
    """Held here, so that no other tensor is allocated at its address."""


class SeededDraws(TorchDispatchMode):
    """Seeds each draw of a build by the full name of the parameter or buffer that it ends in.

    A direct draw writes into a registered tensor (`nn.init.normal_`) and ends there. An indirect
    draw (`nn.Parameter(0.02 * torch.randn(4))`) ends in the tensor that is registered or written
    next. Full names and the ends of indirect draws are known only after a build, so they come from
    the plan of an earlier one.
    """

    def __init__(self, seed: int, plan: DrawPlan) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seed, self.plan = seed, plan
        self.drawn: Counter[str] = Counter()
        self.registered: list[_Registered] = []
        self.by_storage: dict[int, _Registered] = {}
        self.copies: dict[int, str] = {}
        self.ends: list[int | None] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch all operations and registrations while the block runs."""
        hooks = (
            torch_module.register_module_parameter_registration_hook(self._register),
            torch_module.register_module_buffer_registration_hook(self._register),
        )
        try:
            with self:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def redraw_copies(self, model: nn.Module) -> None:
        """Draw the values of copied layers again, by their own names.

        The tensors of a copy are never registered. torch's `TransformerEncoder` copies one layer,
        so without this all its layers would have the same initial values.
        """
        known = {id(one.tensor) for one in self.registered}
        for path, module in reversed(list(model.named_modules())):
            own = [(n, p) for n, p in module.named_parameters(recurse=False) if id(p) not in known]
            draw = next(
                (getattr(module, name) for name in RESET_METHODS if hasattr(module, name)), None
            )
            if own and draw is not None:
                self.copies |= {storage_of(p): _joined(path, name) for name, p in own}
                with torch.no_grad():
                    draw()

    def found(self, model: nn.Module) -> DrawPlan:
        """Return the full name of each registered tensor, and where each indirect draw ended.

        A tensor outside the model (of a layer that was copied or discarded) is named by its layer's
        class and its name in that layer.
        """
        paths = {id(module): path for path, module in model.named_modules()}
        names = [
            _joined(paths[id(one.module)], one.name)
            if id(one.module) in paths
            else f"outside the model: {type(one.module).__qualname__}.{one.name}"
            for one in self.registered
        ]
        return DrawPlan(tuple(names), tuple(self.ends))

    def _register(self, module: nn.Module, name: str, tensor: Tensor | None) -> None:
        if tensor is not None and not nn.parameter.is_lazy(tensor):
            one = _Registered(len(self.registered), module, name, tensor)
            self.registered.append(one)
            self.by_storage[storage_of(tensor)] = one
            self._fill(one)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        written = _written(func, args)
        into = None if written is None else self.by_storage.get(written)
        if torch.Tag.nondeterministic_seeded in func.tags and kwargs.get("generator") is None:
            self._reseed(self._end_of_draw(into, self.copies.get(written or 0)))
        elif into is not None:
            self._fill(into)
        return func(*args, **kwargs)

    def _end_of_draw(self, into: _Registered | None, copy: str | None) -> str:
        """Return the full name of the tensor that a draw ends in, if an earlier build found it."""
        if copy is not None:
            return copy
        number = None if into is None else into.number
        if into is None:
            place = len(self.ends)
            self.ends.append(None)
            number = self.plan.ends[place] if place < len(self.plan.ends) else None
        known = number is not None and number < len(self.plan.names)
        return self.plan.names[number] if known and number is not None else "not known"

    def _reseed(self, name: str) -> None:
        """Seed torch's global generator for the next draw of a name."""
        torch.manual_seed(stream_seed(self.seed, "initial value", name, self.drawn[name]))
        self.drawn[name] += 1

    def _fill(self, one: _Registered) -> None:
        """Record the end of all indirect draws that have none yet; these are the latest ones."""
        for place in reversed(range(len(self.ends))):
            if self.ends[place] is not None:
                break
            self.ends[place] = one.number


call_as_it_is(SeededDraws.__torch_dispatch__)


def _written(func: Any, args: tuple[Any, ...]) -> int | None:
    """Return the address of the storage that an operation writes into, or None."""
    for declared, given in zip(func._schema.arguments, args, strict=False):
        alias = declared.alias_info
        if alias is not None and alias.is_write and isinstance(given, Tensor):
            return storage_of(given)
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
