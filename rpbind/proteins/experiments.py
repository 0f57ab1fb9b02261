"""Experiments: each protein of a dataset is one, such as `AARS_K562`, and several share a sequence.

Replicates and cell lines of one protein have the same sequence, and so the same protein vectors. A
network that reads only these gives them equal logits; a regression per protein tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from rpbind.counted import counted
from rpbind.names import key

_SHOWN = 3


def parts_of(name: str) -> tuple[str, ...]:
    """Return what an experiment's name says beside the gene: cell line, assay, replicate.

    Parameters
    ----------
    name
        Such as `AARS_K562_ENCSR825SVO`; gene symbols have no `_`.

    Returns
    -------
    tuple[str, ...]
        Such as ("k562", "encsr825svo"), in one case; () if the name is only a gene.
    """
    return tuple(key(part) for part in name.split("_")[1:] if part.strip())


def of_one_sequence(names: Sequence[str], sequences: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the experiments that share a protein sequence.

    Parameters
    ----------
    names
        Their names.
    sequences
        The protein sequence of each.

    Returns
    -------
    list[tuple[str, ...]]
        Groups of two or more names, in the order of their first one.
    """
    by_sequence: dict[str, list[str]] = {}
    for name, sequence in zip(names, sequences, strict=True):
        by_sequence.setdefault(sequence, []).append(name)
    return [tuple(group) for group in by_sequence.values() if len(group) > 1]


def shared_sequence_note(names: Sequence[str], sequences: Sequence[str]) -> str:
    """Return how many experiments share their sequence with another, and what follows; else ""."""
    groups = of_one_sequence(names, sequences)
    if not groups:
        return ""
    example = ", ".join(groups[0][:_SHOWN]) + (" ..." if len(groups[0]) > _SHOWN else "")
    return (
        f"{counted(sum(map(len, groups)), 'experiment', len(names))} share a protein sequence with "
        f"another (such as {example}): a model that reads only the protein gives them equal "
        "logits. To tell them apart, set model.experiment to 'name' or 'parts'."
    )
