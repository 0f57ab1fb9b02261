"""What each encoder, memory, FiLM, own head and the attention both ways can and cannot do."""

from typing import Any

import pytest
import torch
from toy_models import CONV, SMALL_FIXED, group, logits, model, proteins, windows

from rpbind.errors import UserError
from rpbind.model.attention import uniform_attention
from rpbind.model.memory import Segment
from rpbind.recipe.memories import SegmentMemory

RNA_BL = windows(6)
CHAINS = proteins(40, 7, 90)
GROUP = group(CHAINS, [0, 1, 2, 1, 0, 2])
CONTEXT = {"kind": "self-attention", "dim": 16, "heads": 2}
SEGMENTS = {"kind": "segment", "segments": 8}
VARIANTS: list[dict[str, Any]] = [
    {"memory": SEGMENTS},
    {"memory": "none"},
    {"memory": "none", "encoder": CONV, "film": True},
    {"memory": "residue", "encoder": CONV, "attention.both_ways": True},
    {"memory": "pooled", "encoder": CONTEXT, "attention.both_ways": True},
    {"memory": SEGMENTS, "encoder": CONTEXT | {"pool": 4}, "film": True},
    {"memory": "none", "encoder": CONV, "own_head": True, "readout": "mean-max"},
    {"memory": "residue", "encoder": CONV | {"pool_after": "first"}, "readout": "mean-max"},
]


@pytest.mark.parametrize("changes", VARIANTS)
def test_every_variant_scores_a_window_by_itself(changes: dict[str, Any]) -> None:
    built = model(SMALL_FIXED, **changes)
    together = logits(built, RNA_BL, GROUP)
    alone = [
        logits(built, RNA_BL[row : row + 1], group([CHAINS[protein]], [0])).item()
        for row, protein in enumerate([0, 1, 2, 1, 0, 2])
    ]
    assert together.tolist() == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("changes", VARIANTS)
def test_the_logits_of_every_variant_depend_on_rna_and_protein(changes: dict[str, Any]) -> None:
    built = model(SMALL_FIXED, **changes)
    here = logits(built, RNA_BL, GROUP)
    other_rna = logits(built, windows(6, seed=1), GROUP)
    other_protein = logits(built, RNA_BL, group(proteins(40, 7, 90, seed=1), [0, 1, 2, 1, 0, 2]))
    assert (here - other_rna).abs().min() > 1e-6
    assert (here - other_protein).abs().min() > 1e-6


def moved(encoder: dict[str, Any], place: int) -> list[int]:
    """Return the positions of the encoded window that change with one letter."""
    built = model(SMALL_FIXED, encoder=encoder)
    before_BL, after_BL = windows(64), windows(64)
    after_BL[:, place] = (after_BL[:, place] + 1) % 5
    moved_L = (built.encoder(after_BL)[0] - built.encoder(before_BL)[0]).abs().amax((0, 2))
    return torch.nonzero(moved_L).squeeze(1).tolist()


def test_dilation_spreads_the_taps_of_each_layer() -> None:
    dilated = {"kind": "conv", "dim": 16, "layers": 2, "kernel": 3, "dilation": 3}
    assert moved(dilated, 50) == [46, 47, 48, 49, 50, 51, 52, 53, 54]
    assert moved(dilated | {"dilation": 5}, 50) == [44, 45, 46, 49, 50, 51, 54, 55, 56]


def test_with_self_attention_every_position_depends_on_every_letter_and_its_position() -> None:
    assert moved(CONTEXT, 50) == list(range(101))
    built = model(SMALL_FIXED, encoder=CONTEXT)
    backwards = logits(built, RNA_BL.flip(1), GROUP) - logits(built, RNA_BL, GROUP)
    assert backwards.abs().max() > 1e-6


@pytest.mark.parametrize("memory", ["residue", SEGMENTS])
def test_uniform_attention_over_residues_equals_the_pooled_model(memory: Any) -> None:
    """The segments have equal lengths, because only then is the mean of means the mean."""
    batch = group(proteins(40, 16, 80), [0, 1, 2, 1, 0, 2])
    residue = model(SMALL_FIXED, memory=memory, encoder=CONV)
    pooled = model(SMALL_FIXED, memory="pooled", encoder=CONV)
    pooled.load_state_dict(residue.state_dict())
    attending = logits(residue, RNA_BL, batch)
    with uniform_attention(residue):
        uniform = logits(residue, RNA_BL, batch)
    assert (uniform - logits(pooled, RNA_BL, batch)).abs().max() < 1e-12
    assert (uniform - attending).abs().max() > 1e-6
    assert torch.equal(logits(residue, RNA_BL, batch), attending)


def test_segments_are_the_means_of_spans_of_equal_length() -> None:
    memory = Segment(SegmentMemory(segments=4), width=6, dim=6, length=101).double()
    torch.nn.init.eye_(memory.value.weight)
    torch.nn.init.zeros_(memory.value.bias)
    (chain,) = proteins(12)
    spans_SW = memory(group([chain, proteins(30)[0]], [0, 1])).values_PSE[0]
    expected_SW = torch.stack([chain[i : i + 3].mean(0) for i in (0, 3, 6, 9)])
    torch.testing.assert_close(spans_SW.detach(), expected_SW)


def test_a_short_protein_has_a_segment_per_residue_and_masks_the_rest() -> None:
    memory = Segment(SegmentMemory(segments=8), width=6, dim=6, length=101).double()
    held = memory(group(proteins(3, 20), [0, 1])).real_PS
    assert held.tolist() == [[True] * 3 + [False] * 5, [True] * 8]


def test_without_memory_the_model_has_no_attention() -> None:
    built = model(SMALL_FIXED, memory="none")
    assert built.attend is None
    assert built.attention(RNA_BL, [GROUP]) == []
    assert not [name for name, _ in built.named_parameters() if name.startswith("attend")]


def test_without_memory_and_residual_the_recipe_is_refused() -> None:
    with pytest.raises(UserError, match="set residual to true"):
        SMALL_FIXED.with_({"model.memory": "none", "model.residual": False})
    with pytest.raises(UserError, match="both ways"):
        SMALL_FIXED.with_({"model.memory": "none", "model.attention.both_ways": True})


def test_film_with_zero_weights_leaves_positive_channels_unchanged() -> None:
    plain, filmed = (
        model(SMALL_FIXED, encoder=CONV),
        model(SMALL_FIXED, encoder=CONV, film=True),
    )
    for part in (filmed.film.scale, filmed.film.shift):
        torch.nn.init.zeros_(part.weight)
        torch.nn.init.zeros_(part.bias)
    filmed.load_state_dict(plain.state_dict(), strict=False)
    same = logits(filmed, RNA_BL, GROUP) - logits(plain, RNA_BL, GROUP)
    assert same.abs().max() < 1e-12


def test_film_can_switch_a_channel_off_for_one_protein_only() -> None:
    built = model(SMALL_FIXED, encoder=CONV, film=True)
    first, second = (built.encode(RNA_BL, [group([c], [0] * 6)])[0] for c in CHAINS[:2])
    assert (first != second).any()
    assert (first >= 0).all()


def test_an_own_head_adds_zero_at_the_start() -> None:
    changes = {"memory": "none", "encoder": CONV, "readout": "mean-max"}
    plain = model(SMALL_FIXED, **changes)
    own = model(SMALL_FIXED, **changes, own_head=True)
    assert (logits(own, RNA_BL, GROUP) - logits(plain, RNA_BL, GROUP)).abs().max() == 0


def test_every_protein_can_have_any_own_head_over_the_same_readout() -> None:
    own = model(SMALL_FIXED, memory="pooled", encoder=CONV, own_head=True).own
    unit_PW = torch.nn.functional.normalize(own.apart(GROUP.mean_PW), dim=1)
    want_PF = torch.randn(3, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():  # three proteins in six dimensions can have any three heads
        own.weights.weight.copy_((torch.linalg.pinv(unit_PW) @ want_PF).T)
        added_B = own(torch.ones(6, 32, dtype=torch.float64), GROUP.mean_PW[GROUP.protein_B])
    torch.testing.assert_close(added_B, want_PF[GROUP.protein_B].sum(1))


def test_the_readout_mean_max_and_the_protein_triple_the_inputs_of_the_head() -> None:
    built = model(SMALL_FIXED, memory="none", readout="mean-max")
    assert built.head[0].in_features == 3 * SMALL_FIXED.model.attention.dim


@pytest.mark.parametrize("after", ["first", "last"])
def test_early_and_late_pooling_leave_the_same_number_of_positions(after: str) -> None:
    built = model(SMALL_FIXED, encoder=CONV | {"pool_after": after})
    assert built.encoder(RNA_BL)[0].shape == (6, 26, 16)


def test_after_early_pooling_the_second_layer_has_a_wider_receptive_field() -> None:
    layers = {"kind": "conv", "dim": 16, "layers": 2, "kernel": 5}
    late = moved(layers | {"pool": 4}, 50)
    early = moved(layers | {"pool": 4, "pool_after": "first"}, 50)
    assert late == [11, 12, 13]
    assert early == [10, 11, 12, 13, 14, 15]


def test_attention_weights_come_per_group_and_sum_to_one() -> None:
    built = model(SMALL_FIXED, memory="residue", encoder=CONV)
    (weights_BHQS,) = built.attention(RNA_BL, [GROUP])
    assert weights_BHQS.shape == (6, 1, 26, 90)
    torch.testing.assert_close(weights_BHQS.sum(3), torch.ones_like(weights_BHQS[..., 0]))
    assert weights_BHQS[1, :, :, 7:].max() == 0
