from pathlib import Path

import numpy as np
import pytest
import torch
from toy_runs import SPLIT, open_inputs

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.errors import UserError
from rpbind.gathering.planned import GROUP_SIZE
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.train import inputs as inputs_module
from rpbind.train.inputs import Inputs

INDEX_B = torch.tensor([95, 3, 3, 0, 60, 24, 51])


def stored(tiny: Path) -> tuple[Dataset, EmbeddingStore]:
    return Dataset.open(tiny), EmbeddingStore.open(tiny, "physchem")


def test_a_batch_has_the_datasets_rows_in_the_given_order(tiny: Path) -> None:
    dataset = Dataset.open(tiny)
    rna_BL, _, label_B = open_inputs(tiny).batch(INDEX_B, "mean")
    assert np.array_equal(rna_BL.numpy(), dataset.rna_NL[INDEX_B])
    assert rna_BL.dtype == torch.uint8
    assert np.array_equal(label_B.numpy(), dataset.label_N[INDEX_B].astype(np.float32))


@pytest.mark.parametrize("reads", ["mean", "residues"])
def test_groups_cover_every_row_once_and_each_row_has_its_own_protein(
    tiny: Path, reads: str
) -> None:
    inputs, store, dataset = (
        open_inputs(tiny),
        EmbeddingStore.open(tiny, "physchem"),
        Dataset.open(tiny),
    )
    means_PW = store.mean_PW([protein.sequence for protein in dataset.proteins])
    _, groups, _ = inputs.batch(INDEX_B, reads)
    assert sorted(torch.cat([g.rows_B for g in groups]).tolist()) == list(range(len(INDEX_B)))
    for group in groups:
        whose = dataset.protein_N[INDEX_B[group.rows_B]]
        assert np.array_equal(group.mean_PW[group.protein_B].numpy(), means_PW[whose])
        assert len(group.mean_PW) == len(set(whose.tolist()))


def test_a_group_has_the_residues_of_the_store_and_a_mask_of_padding(tiny: Path) -> None:
    inputs, store, dataset = (
        open_inputs(tiny),
        EmbeddingStore.open(tiny, "physchem"),
        Dataset.open(tiny),
    )
    offset_P, length_P = store.locate([protein.sequence for protein in dataset.proteins])
    _, (group,), _ = inputs.batch(INDEX_B, "residues")
    assert group.residues_PRW is not None
    assert group.real_PR is not None
    assert group.residues_PRW.shape[1] == length_P.max()
    for row, place in zip(group.rows_B, group.protein_B, strict=True):
        protein = dataset.protein_N[INDEX_B[row]]
        rows = slice(offset_P[protein], offset_P[protein] + length_P[protein])
        residues = group.residues_PRW[place][group.real_PR[place]]
        assert np.array_equal(residues.numpy(), store.residues_ND[rows])


def many_proteins(lengths: list[int]) -> Inputs:
    """One window per protein; residue r of a protein is the number r."""
    length_P = torch.tensor(lengths)
    count = len(lengths)
    return Inputs(
        rna_NL=torch.zeros(count, 5, dtype=torch.uint8),
        label_N=torch.zeros(count, dtype=torch.uint8),
        protein_N=torch.arange(count),
        parts={},
        mean_PW=torch.arange(count).float().unsqueeze(1),
        residues_ND=torch.cat([torch.arange(n).float() for n in lengths]).unsqueeze(1),
        offset_P=torch.cumsum(length_P, 0) - length_P,
        length_P=length_P,
        proteins=(),
        provenance={},
    )


def test_proteins_of_similar_length_share_a_group() -> None:
    lengths = [100 + i for i in range(GROUP_SIZE)] + [10 + i for i in range(GROUP_SIZE)] + [500]
    mixed = torch.randperm(len(lengths), generator=torch.Generator().manual_seed(0))
    inputs = many_proteins([lengths[i] for i in mixed])
    _, groups, _ = inputs.batch(torch.arange(len(lengths)), "residues")
    assert [g.residues_PRW.shape[1] for g in groups] == [17, 107, 500]
    for group in groups:
        last_P = group.real_PR.sum(1) - 1
        values = group.residues_PRW[torch.arange(len(last_P)), last_P, 0]
        assert values.tolist() == last_P.tolist()
        assert torch.equal(inputs.length_P[group.mean_PW.squeeze(1).long()], last_P + 1)


def test_large_arrays_stay_in_the_mapped_files(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, store = stored(tiny)
    monkeypatch.setattr(Dataset, "open", lambda root: dataset)
    monkeypatch.setattr(EmbeddingStore, "open", lambda root, encoder: store)
    inputs = open_inputs(tiny).to("cpu")
    for tensor, array in (
        (inputs.rna_NL, dataset.rna_NL),
        (inputs.label_N, dataset.label_N),
        (inputs.protein_N, dataset.protein_N),
        (inputs.residues_ND, store.residues_ND),
    ):
        assert tensor.data_ptr() == array.ctypes.data


def test_many_windows_stay_mapped_when_the_rest_goes_to_a_device(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = open_inputs(tiny)
    assert inputs.to("meta").rna_NL.device.type == "meta"
    monkeypatch.setattr(inputs_module, "COPIED", 0)
    moved = inputs.to("meta")
    assert moved.rna_NL.data_ptr() == inputs.rna_NL.data_ptr()
    assert moved.label_N.device.type == "meta"
    assert moved.batch(torch.tensor([2, 0]), "mean")[0].device.type == "meta"


def test_the_parts_are_those_of_the_frozen_split(tiny: Path) -> None:
    inputs, split = open_inputs(tiny), load_split(Dataset.open(tiny), SPLIT)
    for part in ("train", "validation", "test"):
        assert inputs.parts[part].tolist() == split.indices(part).tolist()
    assert inputs.provenance["split"].startswith(split.id)


def test_the_error_on_a_missing_embedding_store_has_the_command_that_makes_it(
    tiny: Path,
) -> None:
    with pytest.raises(UserError, match=r"rpbind embed .* --encoder random"):
        Inputs.open(tiny, SPLIT, "random")
