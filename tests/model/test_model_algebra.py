"""Algebraic facts about the original model before and after its fix, in float64."""

import pytest
import torch
from torch import Tensor
from toy_models import CONV, LENGTH, SMALL_FIXED, SMALL_OLD, group, logits, model, proteins, windows

from rpbind.model.binding import BindingModel
from rpbind.model.group import Group
from rpbind.seeding.streams import reseed

RNA_BL = windows(6)
CHAINS = proteins(40, 25)
GROUP = group(CHAINS, [0, 1, 0, 1, 0, 1])
INERT = ("attend.query", "memory.key", "memory.position", "attend.temperature")


def share_weights(one: BindingModel, other: BindingModel) -> None:
    """Copy every parameter of `one` that `other` has, under the same name."""
    missing, unexpected = other.load_state_dict(one.state_dict(), strict=False)
    assert set(missing) | set(unexpected) <= {"memory.position"}


def gradients(built: BindingModel) -> dict[str, Tensor]:
    label_B = torch.tensor([0.0, 1, 1, 0, 1, 0], dtype=torch.float64)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(built(RNA_BL, [GROUP]), label_B)
    loss.backward()
    return {name: p.grad for name, p in built.named_parameters() if p.grad is not None}


def attention(built: BindingModel, batch: Group) -> Tensor:
    query_BQE = built.attend.query(built.encoder(RNA_BL)[0])
    return built.attend.weights(query_BQE, built.memory(batch), batch.protein_B).detach()


def test_1_the_expanded_memory_gives_the_same_logits_as_the_pooled_one() -> None:
    expanded, pooled = model(SMALL_FIXED), model(SMALL_FIXED, memory="pooled")
    share_weights(expanded, pooled)
    same = logits(expanded, RNA_BL, GROUP)
    assert (same - logits(pooled, RNA_BL, GROUP)).abs().max() < 1e-12 < same.std() / 1e6


def test_1_the_attention_of_old_and_fixed_gets_no_gradient() -> None:
    for recipe in (SMALL_FIXED, SMALL_OLD):
        size = {name: grad.abs().max().item() for name, grad in gradients(model(recipe)).items()}
        inert = [value for name, value in size.items() if name.startswith(INERT)]
        assert len(inert) == (6 if recipe is SMALL_FIXED else 4)
        assert max(inert) < 1e-12 * size["memory.value.weight"]


def test_1_the_attention_of_a_residue_memory_gets_a_gradient() -> None:
    size = {
        n: g.abs().max().item() for n, g in gradients(model(SMALL_FIXED, memory="residue")).items()
    }
    assert min(size["attend.query.weight"], size["memory.key.weight"]) > 1e-6
    assert size["memory.key.bias"] < 1e-12 * size["memory.value.bias"]


def test_2_attention_weights_depend_on_the_protein_only_with_a_residue_memory() -> None:
    first, second = (group(proteins(25, seed=seed), [0] * 6) for seed in (1, 2))
    expanded, residue = model(SMALL_FIXED), model(SMALL_FIXED, memory="residue")
    assert (attention(expanded, first) - attention(expanded, second)).abs().max() < 1e-12
    assert (attention(residue, first) - attention(residue, second)).abs().max() > 1e-3


def test_3_the_mean_weight_over_101_keys_is_1_over_101_for_any_parameters() -> None:
    built = model(SMALL_FIXED)
    untrained = attention(built, GROUP)
    assert untrained.mean().item() == pytest.approx(1 / 101, abs=1e-15)
    assert 0 < untrained.std() < 1e-4
    torch.nn.init.normal_(built.memory.position, std=30)
    weights_BHQS = attention(built, GROUP)
    assert weights_BHQS.shape[-1] == LENGTH
    assert weights_BHQS.mean().item() == pytest.approx(1 / 101, abs=1e-15)
    assert weights_BHQS.std() > 0.01


@pytest.mark.parametrize("memory", ["pooled", "expanded"])
@pytest.mark.parametrize("encoder", ["token", CONV])
def test_4_without_the_residual_the_rna_never_reaches_the_logit(
    memory: str, encoder: object
) -> None:
    for residual in (False, True):
        built = model(SMALL_FIXED, memory=memory, encoder=encoder, residual=residual)
        moved = logits(built, windows(6, seed=1), GROUP) - logits(built, RNA_BL, GROUP)
        assert moved.abs().max() > 1e-3 if residual else moved.abs().max() < 1e-12


def shuffled(rna_BL: Tensor) -> Tensor:
    return rna_BL[:, torch.randperm(LENGTH, generator=torch.Generator().manual_seed(3))]


@pytest.mark.parametrize("memory", ["pooled", "expanded", "residue"])
def test_5_a_convolution_depends_on_the_order_of_letters_and_a_token_encoder_does_not(
    memory: str,
) -> None:
    for encoder in ("token", CONV):
        built = model(SMALL_FIXED, memory=memory, encoder=encoder)
        moved = logits(built, shuffled(RNA_BL), GROUP) - logits(built, RNA_BL, GROUP)
        assert moved.abs().max() < 1e-12 if encoder == "token" else moved.abs().max() > 1e-3


@pytest.mark.parametrize("temperature", [False, True])
def test_7_a_residue_memory_with_uniform_attention_equals_the_pooled_model(
    temperature: bool,
) -> None:
    residue = model(SMALL_FIXED, memory="residue", **{"attention.temperature": temperature})
    pooled = model(SMALL_FIXED, memory="pooled", **{"attention.temperature": temperature})
    torch.nn.init.zeros_(residue.attend.query.weight)
    torch.nn.init.zeros_(residue.attend.query.bias)
    share_weights(residue, pooled)
    nested = logits(residue, RNA_BL, GROUP)
    assert (nested - logits(pooled, RNA_BL, GROUP)).abs().max() < 1e-12 < nested.std() / 1e6


def test_7_a_residue_memory_with_attention_differs_from_the_pooled_model() -> None:
    residue, pooled = model(SMALL_FIXED, memory="residue"), model(SMALL_FIXED, memory="pooled")
    share_weights(residue, pooled)
    assert (logits(residue, RNA_BL, GROUP) - logits(pooled, RNA_BL, GROUP)).abs().max() > 1e-6


def test_6_dropout_on_the_weights_gives_gradients_with_mean_zero() -> None:
    built = model(SMALL_FIXED)
    built.attend.weight_dropout.train()
    draws = []
    for epoch in range(200):
        reseed(built, "cpu", 0, epoch)
        built.zero_grad()
        draws.append(gradients(built)["attend.query.weight"].clone())
    noise = torch.stack(draws)
    standard_error = noise.std(0) / len(draws) ** 0.5
    assert noise[0].abs().max() > 1e-9
    assert (noise.mean(0).abs() < 4 * standard_error).double().mean() > 0.95
    built.eval()
    built.zero_grad()
    assert gradients(built)["attend.query.weight"].abs().max() < 1e-6 * noise[0].abs().max()


def test_8_adam_moves_weights_without_gradient_and_they_still_have_no_effect() -> None:
    """In float32 a zero gradient is rounding noise, and Adam divides it by its own size."""
    built = model(SMALL_FIXED, plain=True, **{"attention.dropout": 0.0}).float()
    batch = group([chain.float() for chain in CHAINS], [0, 1, 0, 1, 0, 1])
    label_B = torch.tensor([0.0, 1, 1, 0, 1, 0])
    dead = built.attend.query.weight
    before = dead.detach().clone()
    optimizer = torch.optim.Adam(built.parameters(), lr=3e-3)
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(built(RNA_BL, [batch]), label_B)
        loss.backward()
        optimizer.step()
    assert dead.grad is not None
    assert dead.grad.abs().max() < 1e-6 * built.memory.value.weight.grad.abs().max()
    by_gradient_descent = 20 * 3e-3 * dead.grad.abs().max()
    assert (dead - before).abs().max() > 1e4 * by_gradient_descent
    trained = logits(built, RNA_BL, batch)
    torch.nn.init.zeros_(dead)
    assert (logits(built, RNA_BL, batch) - trained).abs().max() < 1e-5
