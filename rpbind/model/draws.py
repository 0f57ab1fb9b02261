"""From a random draw to the parameter that it ends in, while a model is built.

Which layer draws is torch's business, or a user's; it is followed by watching every operation.
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

from rpbind.model.seeding import stream_seed

RESET = ("reset_parameters", "_reset_parameters")
"""How torch's own layers, and most of others', name the method that draws their values."""


@dataclass(frozen=True)
class DrawPlan:
    """What a build finds: the full name of each registered tensor, in the order of registration.

    `ends` has, for each indirect draw, the number of the tensor that it ended in.
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
    """Kept, so that no other tensor takes its place in memory."""


class Draws(TorchDispatchMode):
    """Seeds each draw of a build by the full name of the parameter or buffer that it ends in.

    A draw straight into a registered tensor (`nn.init.normal_`) ends in that one; any other
    (`nn.Parameter(0.02 * torch.randn(4))`) in the one that is registered or written next. Full
    names, and the ends of indirect draws, are known only when the model is built: they are taken
    from an earlier build.
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
        """Watch the operations and the registrations of the block."""
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
        """Let layers draw that are copies of another: their tensors were never registered.

        torch's `TransformerEncoder` copies one layer, so that all of its layers begin alike.
        """
        known = {id(one.tensor) for one in self.registered}
        for path, module in reversed(list(model.named_modules())):
            own = [(n, p) for n, p in module.named_parameters(recurse=False) if id(p) not in known]
            draw = next((getattr(module, name) for name in RESET if hasattr(module, name)), None)
            if own and draw is not None:
                self.copies |= {storage_of(p): _joined(path, name) for name, p in own}
                with torch.no_grad():
                    draw()

    def found(self, model: nn.Module) -> DrawPlan:
        """Return the full name of each registered tensor, and where each indirect draw ended.

        A tensor that is not in the model (of a layer that was copied or thrown away) goes by its
        class and its name there.
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
        """Return the full name that a draw ends in, as far as an earlier build has told it."""
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
        """Note the end of all indirect draws that have none yet: they are the last ones."""
        for place in reversed(range(len(self.ends))):
            if self.ends[place] is not None:
                break
            self.ends[place] = one.number


def _written(func: Any, args: tuple[Any, ...]) -> int | None:
    """Return the storage that an operation writes into; None where it writes into none."""
    for declared, given in zip(func._schema.arguments, args, strict=False):
        alias = declared.alias_info
        if alias is not None and alias.is_write and isinstance(given, Tensor):
            return storage_of(given)
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
