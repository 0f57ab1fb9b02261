"""What a model learns of an experiment beside its protein: cell line, assay, replicate.

Shapes: P distinct proteins of a group, R residues, W protein vector width, D numbers of a code.
"""

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from rpbind.model.group import Group

CODE = 256
"""Numbers of an experiment's code, a fixed vector with random signs. Up to so many codes are almost
surely linearly independent, and then a linear layer can give each experiment any vector."""


class ExperimentShift(nn.Module):
    """Add a learned vector of the experiment to its protein's vectors, residue by residue.

    All that reads the protein then reads the experiment too. The layer starts at zero, so that an
    untrained model is, bit for bit, the one without it; an experiment whose code is zero, because
    training had none of its name, keeps the vectors of its protein.
    """

    def __init__(self, by: str, width: int) -> None:
        super().__init__()
        self.by = by
        self.vector = nn.Linear(CODE, width, bias=False)

    def forward(self, group: Group) -> Group:
        """Return the group with other protein vectors; the same one if it has no codes."""
        if self.by not in group.experiments:
            return group
        shift_PW = self.vector(group.experiments[self.by])
        residues_PRW = group.residues_PRW
        if residues_PRW is not None:
            residues_PRW = residues_PRW + shift_PW.unsqueeze(1)
        return replace(group, mean_PW=group.mean_PW + shift_PW, residues_PRW=residues_PRW)


def with_experiments(shift: ExperimentShift | None, groups: Sequence[Group]) -> Sequence[Group]:
    """Return the groups as the rest of the model reads them: shifted, if the recipe says so."""
    return groups if shift is None else [shift(group) for group in groups]
