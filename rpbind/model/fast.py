"""The fast forms of the model: the function of `BindingModel`, with only the arithmetic it needs.

Shapes: B windows, L nucleotides, Q query positions, C encoder width, E attention width, H heads, P
proteins, T letters, F features that the head reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor

from rpbind.model.binding import BindingModel
from rpbind.model.by_protein import FlatMemory, attend_by_protein, read_by_protein
from rpbind.model.encoder import LETTERS, Token, one_hot
from rpbind.model.experiment import with_experiments
from rpbind.model.group import Group
from rpbind.model.linear import by_faster_library
from rpbind.model.memory import Expanded, NoKeys, Pooled
from rpbind.model.one_value import attend_to_one_value, kept_weights, without_effect
from rpbind.model.padding import letters_and_mask
from rpbind.model.pair_model import PairModel
from rpbind.recipe import model as fields


class FastModel(BindingModel):
    """A `BindingModel` that computes less, with the same result up to rounding.

    - A letter has one vector in the token encoder. So in evaluation, what stands at a position
      depends only on its letter and the protein: it is computed once per pair of these. In
      training, queries and the residual are computed once per letter.
    - All values of `pooled` and `expanded` memories are equal, see `rpbind.model.one_value`.
    - Other memories are attended to one protein at a time, see `rpbind.model.by_protein`.

    It draws the same random numbers as the plain form, which stays the reference.
    """

    def __init__(self, config: fields.Model, *, width: int, length: int) -> None:
        super().__init__(config, width=width, length=length)
        self.plain = config.plain

    def forward(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the logits (B,), as `BindingModel.forward` does."""
        if self.plain:
            return super().forward(rna_BL, groups)
        with by_faster_library():
            return self._fast(rna_BL, groups)

    def _fast(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        groups = with_experiments(self.experiment, groups)
        if isinstance(self.encoder, Token) and self.back is None:
            if not self.training:
                return self._score_by_letter(rna_BL, groups)
            if isinstance(self.memory, Expanded | Pooled) and self.film is None:
                return self._train_by_letter(rna_BL, groups)
        rna_BQC, real_BQ = self.encode(rna_BL, groups)
        memories = self._flat_memories(groups)
        read_BF = self._read(self._mix(self._terms(rna_BQC, memories, groups)), real_BQ)
        beside = []
        if self.back is not None:
            beside = [read_by_protein(self.back, rna_BQC, real_BQ, memories)]
        elif isinstance(self.memory, NoKeys):
            beside = self._beside(rna_BQC, real_BQ, [self.memory(g) for g in groups], groups)
        return self._logit(torch.cat([read_BF, *beside], 1), groups)

    def _flat_memories(self, groups: Sequence[Group]) -> list[FlatMemory]:
        """Return the keys and values of the groups, where something attends to them as keys."""
        is_one_value = isinstance(self.memory, Expanded | Pooled)
        if self.back is None and (self.attend is None or is_one_value):
            return []
        return [FlatMemory.of(self.memory, group) for group in groups]

    def _terms(
        self, rna_BQC: Tensor, memories: Sequence[FlatMemory], groups: Sequence[Group]
    ) -> list[Tensor]:
        """Return the output of the attention and the residual (B, Q, E), those that there are."""
        terms = []
        if self.attend is not None and isinstance(self.memory, Expanded | Pooled):
            terms.append(self._one_value(rna_BQC, None, groups))
        elif self.attend is not None:
            query_BQE = self.attend.query(rna_BQC)
            attended_BQE = attend_by_protein(self.attend, query_BQE, memories)
            terms.append(self.attend.project(attended_BQE))
        if self.bypass is not None:
            terms.append(self.bypass(rna_BQC))
        return terms

    def _one_value(
        self, rna_BQC: Tensor, letter_BQT: Tensor | None, groups: Sequence[Group]
    ) -> Tensor:
        """Return the attention's output (B, Q, E) for a memory whose values are all equal.

        With `letter_BQT`, `rna_BQC` has the letters in the place of the windows (1, T, C).
        """
        attend, memory = self.attend, self.memory
        assert attend is not None
        assert isinstance(memory, Expanded | Pooled)
        mean_PW, protein_B = _joined(groups)
        query_BQE = attend.query(rna_BQC)
        sum_BQH = kept_weights(attend, memory, query_BQE, letter_BQT, len(protein_B))
        queries = rna_BQC.shape[1] if letter_BQT is None else letter_BQT.shape[1]
        seen_BQE = attend_to_one_value(attend, memory.value(mean_PW), protein_B, sum_BQH, queries)
        unused = [*memory.key.parameters(), *self.encoder.parameters()]
        unused += [p for name, p in attend.named_parameters() if not name.startswith("output.")]
        if isinstance(memory, Expanded) and memory.position is not None:
            unused.append(memory.position)
        return without_effect(seen_BQE, unused)

    def _train_by_letter(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the logits (B,), with queries and residual computed once per letter."""
        letters_BL, real_BL = letters_and_mask(rna_BL) if self.varying else (rna_BL, None)
        rna_1TC, _ = self.encoder(_letters(rna_BL).unsqueeze(0))
        letter_BLT = one_hot(letters_BL, rna_1TC.dtype)
        terms = [self._one_value(rna_1TC, letter_BLT, groups)]
        if self.bypass is not None:
            terms.append(letter_BLT @ self.bypass(rna_1TC[0]))
        return self._logit(self._read(self._mix(terms), real_BL), groups)

    def _score_by_letter(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
        """Return the logits (B,); each pair of a protein and a letter is computed once."""
        pairs = list(_every_letter(groups))
        mean_PW, protein_B = _joined(groups)
        rna_PTC, _ = self.encode(_letters(rna_BL).expand(len(mean_PW), -1), pairs)
        mixed_BTE = self._mix(self._terms(rna_PTC, self._flat_memories(pairs), pairs)).index_select(
            0, protein_B
        )
        count_BT = one_hot(rna_BL, rna_PTC.dtype).sum(1)
        share_BT = count_BT / count_BT.sum(1, keepdim=True)
        read = [torch.bmm(share_BT.unsqueeze(1), mixed_BTE).squeeze(1)]
        if self.reads_maximum:
            read.append(mixed_BTE.masked_fill((count_BT == 0).unsqueeze(2), -torch.inf).amax(1))
        beside = []
        if isinstance(self.memory, NoKeys):
            memories = [self.memory(group) for group in groups]
            beside = self._beside(rna_PTC, None, memories, groups)
        return self._logit(torch.cat([*read, *beside], 1), groups)


@contextmanager
def plain_forms(model: PairModel) -> Iterator[None]:
    """Make a model compute its plain form while the block runs.

    Parameters
    ----------
    model
        The model. One of the user's own stays as it is.

    Returns
    -------
    Iterator
        A context manager.
    """
    if not isinstance(model, FastModel):
        yield
        return
    before, model.plain = model.plain, True
    try:
        yield
    finally:
        model.plain = before


@contextmanager
def static_forms(model: FastModel) -> Iterator[None]:
    """Make a model compute a form whose shapes depend on no protein while the block runs.

    That is the fast form for memories whose values are all equal, or without attention, and the
    plain form for others. Dropout then draws masks for padding, too.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
    Iterator
        A context manager.
    """
    before = model.plain
    is_static = isinstance(model.memory, Expanded | Pooled | NoKeys) and model.back is None
    model.plain = before or not is_static
    if model.attend is not None:
        model.attend.draws_whole = True
    try:
        yield
    finally:
        model.plain = before
        if model.attend is not None:
            model.attend.draws_whole = False


def _letters(rna_BL: Tensor) -> Tensor:
    return torch.arange(LETTERS, device=rna_BL.device)


def _joined(groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
    """Return the mean vectors of all proteins (P, W), and each window's place among them (B,)."""
    sizes = [len(group.mean_PW) for group in groups]
    places = [g.protein_B + sum(sizes[:n]) for n, g in enumerate(groups)]
    order_B = torch.argsort(torch.cat([group.rows_B for group in groups]))
    return torch.cat([group.mean_PW for group in groups]), torch.cat(places)[order_B]


def _every_letter(groups: Sequence[Group]) -> Iterator[Group]:
    """Yield the groups of a batch that has one window per protein, in the order of `_joined`."""
    first = 0
    for group in groups:
        protein_P = torch.arange(len(group.mean_PW), device=group.rows_B.device)
        yield replace(group, rows_B=protein_P + first, protein_B=protein_P)
        first += len(protein_P)
