"""Models of one architecture as one model, whose tensors have a replica dimension in front.

Shapes: R replicas, N numbers of a replica's parameters, B windows of a batch, L nucleotides, P
proteins, W protein vector width, D numbers of an experiment's code.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from rpbind.model.group import Group
from rpbind.model.pair_model import PairModel
from rpbind.packing.dropout import SharedDropout, without_dropout
from rpbind.seeding.streams import Dropout

SMALLEST = 4
"""Fewest replicas of a stack: torch and MKL add up in another order where there are fewer."""


class Stack:
    """Replicas that go through the layers together.

    The parameters of all replicas lie in one matrix, and those of a replica's own model become
    views of its row: what the stack learns, the models have learned.

    What a replica computes depends on no other one, and on a CPU not on their number, bit for bit.
    For that, there are at least `SMALLEST`: copies of the first, which nobody reads, fill up.

    Parameters
    ----------
    models
        The replicas. They have the same layers, on the same device.
    """

    def __init__(self, models: Sequence[PairModel]) -> None:
        self.places = [*range(len(models)), *[0] * (SMALLEST - len(models))]
        """The replica whose windows each row of the stack reads."""
        copies = [without_dropout(models[0]) for _ in self.places[len(models) :]]
        models, first, self.size = [*models, *copies], models[0], len(self.places)
        self.skeleton = _skeleton(models)
        self.flat_RN = torch.stack([_flat(model) for model in models])
        self.parameters: dict[str, Tensor] = {}
        own = [dict(model.named_parameters()) for model in models]
        start = 0
        for name, parameter in first.named_parameters():
            stop = start + parameter.numel()
            stacked = self.flat_RN[:, start:stop].view(self.size, *parameter.shape)
            for replica, mine in enumerate(own):
                mine[name].data = stacked[replica]
            self.parameters[name] = stacked.requires_grad_()
            start = stop
        self.buffers = {}
        for name, _ in first.named_buffers():
            each = [model.get_buffer(name) for model in models]
            self.buffers[name] = stacked = torch.stack(each)
            for replica, buffer in enumerate(each):
                buffer.data = stacked[replica]

    def logits(
        self,
        rna_RBL: Tensor,
        protein_RB: Tensor,
        mean_PW: Tensor,
        experiments: Mapping[str, Tensor],
    ) -> Tensor:
        """Return the logits of each replica for its own windows.

        Parameters
        ----------
        rna_RBL
            Tokens (R, B, L).
        protein_RB
            The protein of each window, as an index into all proteins (R, B).
        mean_PW
            The mean vectors of all proteins (P, W).
        experiments
            The codes of their experiments, see `Group`.

        Returns
        -------
        Tensor
            (R, B), with gradients for `parameters`.
        """
        rows_B = torch.arange(rna_RBL.shape[1], device=rna_RBL.device)
        is_few = len(mean_PW) <= len(rows_B)

        def one(parameters: Any, buffers: Any, rna_BL: Tensor, protein_B: Tensor) -> Tensor:
            if is_few:
                group = Group(rows_B, protein_B, mean_PW, experiments=experiments)
            else:  # each window brings the vector of its own protein
                codes = {by: code_PD[protein_B] for by, code_PD in experiments.items()}
                group = Group(rows_B, rows_B, mean_PW[protein_B], experiments=codes)
            logit_B: Tensor = functional_call(
                self.skeleton, (parameters, buffers), (rna_BL, [group])
            )
            return logit_B

        with sdpa_kernel(SDPBackend.MATH):  # vmap has no rule for the others
            logit_RB: Tensor = vmap(one)(self.parameters, self.buffers, rna_RBL, protein_RB)
        return logit_RB

    def gradient(self, loss: Tensor) -> Tensor:
        """Return the gradient of a sum over all replicas, (R, N) in the order of `flat_RN`."""
        each = torch.autograd.grad(loss, list(self.parameters.values()))
        return torch.cat([grad.flatten(1) for grad in each], 1)


def _flat(model: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def _skeleton(models: Sequence[PairModel]) -> PairModel:
    """Return the layers of the replicas without values; its dropout draws for all of them."""
    skeleton = copy.deepcopy(models[0]).to("meta").train()
    for path, layer in list(skeleton.named_modules()):
        if isinstance(layer, Dropout):
            parent, _, name = path.rpartition(".")
            each: list[Any] = [model.get_submodule(path) for model in models]
            setattr(skeleton.get_submodule(parent), name, SharedDropout(each))
    return skeleton
