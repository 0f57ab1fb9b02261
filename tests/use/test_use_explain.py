import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from toy_saved import content_of, write_folder_of
from toy_trained import QUICK, SEES_MOTIFS, Toy, train

from rpbind.data.alphabet import decode, encode
from rpbind.data.world import FAMILIES
from rpbind.errors import UserError
from rpbind.model.attention import uniform_attention
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD
from rpbind.report.explain import explain_page
from rpbind.use.attention import attention_map
from rpbind.use.explain import Explanation, Pair, as_picture, as_table, explain_window, sentences
from rpbind.use.mutagenesis import mutate
from rpbind.use.output import write_table
from rpbind.use.score import inputs_of_proteins, logits_of, with_windows

NARROW = {"old": narrowed(OLD, 8), "fixed": narrowed(FIXED, 8)}
INERT = {
    **NARROW,
    "none": SEES_MOTIFS.with_({"model.memory": "none"}),
    "one segment": SEES_MOTIFS.with_({"model.memory": {"kind": "segment", "segments": 1}}),
    "random vectors": SEES_MOTIFS.with_({"proteins": "random"}),
}
REASON = {
    "old": "single key",
    "fixed": "all 33 values",
    "none": "no attention",
    "one segment": "single key",
    "random vectors": "the same vector",
}


def family(protein: int) -> str:
    return FAMILIES[protein % len(FAMILIES)][0]


def true_positives(toy: Toy, count: int) -> list[tuple[str, int]]:
    """Return positive test windows that the model predicts as positive, with their proteins."""
    inputs, trained = toy.inputs, toy.trained
    test = inputs.parts["test"]
    logit_N = logits_of(
        trained.model,
        with_windows(inputs, *(x[test].numpy() for x in (inputs.rna_NL, inputs.protein_N))),
    )
    called = test[torch.from_numpy(logit_N > trained.calibration.threshold)]
    bound = called[inputs.label_N[called] == 1]
    step = len(bound) // count
    return [
        (decode(inputs.rna_NL[n].numpy()), int(inputs.protein_N[n]))
        for n in bound[::step][:count].tolist()
    ]


def explained(toy: Toy, rna: str, protein: int) -> Explanation:
    return explain_window(toy.trained, Pair(rna, f"SIM{protein:02d}", toy.fasta))


def test_the_top_span_is_on_the_planted_motif(sees_motifs: Toy) -> None:
    windows = true_positives(sees_motifs, 60)
    shared = []
    for rna, protein in windows:
        start, stop = explained(sees_motifs, rna, protein).span
        at = rna.index(family(protein))
        shared.append(min(stop, at + 8) - max(start, at))
    assert len(shared) == 60
    assert np.mean(np.array(shared) > 0) >= 0.9
    assert np.median(shared) >= 6


def test_the_top_span_of_an_untrained_model_is_on_the_motif_no_more_than_by_chance(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    untrained = train(sees_motifs.data, tmp_path, SEES_MOTIFS.with_({"train.lr": 1e-9} | QUICK))
    hits = []
    for rna, protein in true_positives(sees_motifs, 60):
        start, stop = explained(untrained, rna, protein).span
        at = rna.index(family(protein))
        hits.append(start < at + 8 and at < stop)
    assert np.mean(hits) < 0.8


def test_a_letter_of_the_motif_is_the_strongest_substitution(sees_motifs: Toy) -> None:
    inside = []
    for rna, protein in true_positives(sees_motifs, 20):
        name, change = explained(sees_motifs, rna, protein).mutagenesis.strongest(1)[0]
        at = rna.index(family(protein))
        inside.append(at < int(name[1:-1]) <= at + 8 and change < 0)
    assert np.mean(inside) >= 0.9


def test_every_mutant_of_a_window_is_scored() -> None:
    counts_g = mutate(encode("ACGN"), lambda rna_ML: (rna_ML == 2).sum(1).astype(float))
    assert counts_g.logit == 1.0
    assert counts_g.change_L4.tolist() == [
        [0, 0, 1, 0],
        [0, 0, 1, 0],
        [-1, -1, 0, -1],
        [0, 0, 1, 0],
    ]
    assert counts_g.effect_L.tolist() == [1 / 3, 1 / 3, 1.0, 1 / 4]
    assert counts_g.strongest(2) == [("A1G", 1.0), ("C2G", 1.0)]
    assert counts_g.top_span(1) == (2, 3)
    assert counts_g.top_span(2) == (1, 3)
    with pytest.raises(UserError, match="1 to 4 nt"):
        counts_g.top_span(5)


@pytest.mark.parametrize("name", INERT)
def test_attention_that_cannot_change_the_logit_is_refused_with_the_reason(
    name: str, small: Path, tmp_path: Path
) -> None:
    toy = train(small, tmp_path, INERT[name].with_(QUICK))
    rna = decode(toy.inputs.rna_NL[0].numpy())
    found = explained(toy, rna, 0)
    assert found.attention is None
    assert REASON[name] in found.refusal
    assert found.refusal in sentences(found)[-1]
    assert found.mutagenesis.change_L4.shape == (33, 4)


def test_refused_attention_does_not_change_the_logit_when_made_uniform(
    small: Path, tmp_path: Path
) -> None:
    for name, recipe in NARROW.items():
        toy = train(small, tmp_path / name, recipe.with_(QUICK))
        before = logits_of(toy.trained.model, toy.inputs)
        trained = toy.trained
        with uniform_attention(trained.model):
            after = logits_of(trained.model, toy.inputs)
        np.testing.assert_allclose(after, before, atol=1e-5)


def test_the_attention_map_has_a_row_per_nucleotide_and_a_key_per_residue(
    sees_motifs: Toy,
) -> None:
    rna, protein = true_positives(sees_motifs, 1)[0]
    found = explained(sees_motifs, rna, protein)
    sequence = sees_motifs.inputs.proteins[protein].sequence
    assert found.attention is not None
    assert found.attention.keys[:2] == (f"{sequence[0]}1", f"{sequence[1]}2")
    assert found.attention.weight_LS.shape == (33, len(sequence))
    np.testing.assert_allclose(found.attention.weight_LS.sum(1), 1.0, atol=1e-5)
    # the encoder pools four nucleotides, which share one row; the window's last is alone
    assert (found.attention.weight_LS[0] == found.attention.weight_LS[3]).all()
    assert (found.attention.weight_LS[3] != found.attention.weight_LS[4]).any()
    assert found.attention.change_if_uniform != 0.0


def test_the_key_of_a_segment_is_named_by_its_first_and_last_residue(
    small: Path, tmp_path: Path
) -> None:
    five = {"model.memory": {"kind": "segment", "segments": 5}, "model.encoder.pool": 1}
    toy = train(small, tmp_path, SEES_MOTIFS.with_(five | QUICK))
    proteins = {"short": "MKV", "long": "MKVLAARNDWYKRDE" * 2}
    maps = {}
    for name in proteins:
        with inputs_of_proteins({name: proteins[name]}, toy.trained.encoder(None)) as inputs:
            one = with_windows(inputs, toy.inputs.rna_NL[:1].numpy(), np.zeros(1, dtype=np.int32))
            maps[name] = attention_map(toy.trained, one)
    assert maps["short"].keys == ("M1", "K2", "V3")  # type: ignore[union-attr]
    assert maps["long"].keys == ("1-6", "7-12", "13-18", "19-24", "25-30")  # type: ignore[union-attr]
    for drawn in maps.values():
        np.testing.assert_allclose(drawn.weight_LS.sum(1), 1.0, atol=1e-5)  # type: ignore[union-attr]


def test_the_page_opens_offline_and_shows_span_map_and_substitutions(sees_motifs: Toy) -> None:
    rna, protein = true_positives(sees_motifs, 1)[0]
    found = explained(sees_motifs, rna, protein)
    page = explain_page(as_picture(found, sees_motifs.trained))
    start, stop = found.span
    assert f"{rna[:start]}<mark>{rna[start:stop]}</mark>{rna[stop:]}" in page
    assert found.mutagenesis.strongest(1)[0][0] in page
    assert page.count('class="plotly-graph-div"') == 3
    assert 'src="http' not in page


def test_the_table_has_the_numbers_of_the_page(sees_motifs: Toy, tmp_path: Path) -> None:
    rna, protein = true_positives(sees_motifs, 1)[0]
    found = explained(sees_motifs, rna, protein)
    write_table(tmp_path / "window.parquet", as_table(found))
    table = pq.read_table(tmp_path / "window.parquet")
    assert "".join(table["letter"].to_pylist()) == rna
    assert table["to_G"].to_pylist() == found.mutagenesis.change_L4[:, 2].tolist()
    assert sum(table["in_top_span"].to_pylist()) == 8
    assert len(table["attention"][0]) == len(sees_motifs.inputs.proteins[protein].sequence)
    assert table.schema.metadata[b"attention.keys"].split()[0].endswith(b"1")


def test_a_window_that_is_too_short_or_with_a_strange_letter_is_refused(sees_motifs: Toy) -> None:
    with pytest.raises(UserError, match=r"--rna: 4 letters; .* 20 to 1,024 nt"):
        explained(sees_motifs, "ACGU", 0)
    with pytest.raises(UserError, match="got 'X' at letter 1"):
        explained(sees_motifs, "X" * 33, 0)
    with pytest.raises(UserError, match="no protein 'SIM77'"):
        explained(sees_motifs, "A" * 33, 77)


def with_zero_head(toy: Toy) -> Toy:
    """Return the model with a last layer of zero weights: its logit is constant."""
    content = content_of(toy.file)
    last = max(name for name in content["weights"] if re.fullmatch(r"head\.\d+\.weight", name))
    content["weights"][last] = torch.zeros_like(content["weights"][last])
    return replace(toy, file=write_folder_of(content, toy.file.with_name("dead")))


def test_the_map_of_a_constant_model_is_flat_and_has_no_top_span(sees_motifs: Toy) -> None:
    found = explained(with_zero_head(sees_motifs), "ACG" * 11, 0)
    assert found.mutagenesis.is_flat
    assert found.mutagenesis.strongest(5) == []
    assert found.span == (0, 0)
    assert "flat" in sentences(found)[2]
    assert "Top span" not in " ".join(sentences(found))
    page = explain_page(as_picture(found, sees_motifs.trained))
    assert "<mark></mark>" in page
    assert "Strongest" not in page
    assert not any(as_table(found)["in_top_span"].to_pylist())


def test_a_positions_own_letter_is_never_a_substitution() -> None:
    found = mutate(encode("CCCC"), lambda rna_ML: 1.0 * (rna_ML[:, 0] == 0))
    names = [name for name, _ in found.strongest(99)]
    assert found.strongest(1) == [("C1A", 1.0)]
    assert len(names) == 12
    assert not any(name[0] == name[-1] for name in names)
