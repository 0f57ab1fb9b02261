"""Large linear layers by oneDNN are torch's function, and other layers are left to torch."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rpbind.model import linear as by_library

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch was built without oneDNN"
)
LARGE, SMALL = (4096, 32, 48), (64, 32, 48)
"""Rows, inputs and outputs of a layer above and below the limit."""


@pytest.fixture
def is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor on which oneDNN multiplies faster."""
    monkeypatch.setattr(by_library, "is_faster_here", lambda: True)


@pytest.fixture
def products(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Which products oneDNN computed: rows and outputs of each."""
    found: list[tuple[int, int]] = []
    product = by_library.product

    def noted(x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor:
        found.append((len(x_NI), len(weight_OI)))
        return product(x_NI, weight_OI, bias_O)

    monkeypatch.setattr(by_library, "product", noted)
    return found


def drawn(rows: int, inputs: int, outputs: int) -> tuple[Tensor, nn.Linear]:
    torch.manual_seed(0)
    return torch.randn(rows, inputs), nn.Linear(inputs, outputs)


def results(x: Tensor, layer: nn.Linear) -> list[Tensor]:
    """Return the output, and the gradients of the input, the weight and the bias."""
    x = x.detach().requires_grad_()
    layer.zero_grad()
    with by_library.by_faster_library():
        out = layer(x)
    (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
    given = [x.grad, layer.weight.grad, *([] if layer.bias is None else [layer.bias.grad])]
    return [out.detach(), *(each.clone() for each in given if each is not None)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(4096, 32), (32, 128, 32), (4, 8, 128, 32)])
def test_a_large_layer_and_its_gradients_equal_torchs_own(
    shape: tuple[int, ...],
    bias: bool,
    products: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    x, layer = torch.randn(shape), nn.Linear(32, 48, bias=bias)
    monkeypatch.setattr(by_library, "is_faster_here", lambda: False)
    own = results(x, layer)
    assert products == []
    monkeypatch.setattr(by_library, "is_faster_here", lambda: True)
    ours = results(x, layer)
    assert products == [(4096, 48), (4096, 32), (48, 32)]
    for one, other in zip(ours, own, strict=True):
        assert one.shape == other.shape
        assert (one - other).abs().max() <= 1e-5 * other.abs().max()


def test_a_part_that_is_not_trained_gets_no_gradient_and_costs_no_product(
    is_faster: None, products: list[tuple[int, int]]
) -> None:
    x, layer = drawn(*LARGE)
    layer.requires_grad_(False)
    layer.bias.requires_grad_(True)
    with by_library.by_faster_library():
        layer(x).sum().backward()
    assert len(products) == 1
    assert layer.weight.grad is None
    assert layer.bias.grad is not None
    assert torch.equal(layer.bias.grad, torch.full((48,), 4096.0))


def test_the_same_product_twice_gives_the_same_bits(is_faster: None) -> None:
    x, layer = drawn(*LARGE)
    assert all(map(torch.equal, results(x, layer), results(x, layer)))


@pytest.mark.parametrize(("shape", "kind"), [(SMALL, torch.float32), (LARGE, torch.float64)])
def test_small_layers_and_other_numbers_are_left_to_torch(
    shape: tuple[int, int, int],
    kind: torch.dtype,
    is_faster: None,
    products: list[tuple[int, int]],
) -> None:
    x, layer = drawn(*shape)
    x, layer = x.to(kind), layer.to(kind)
    with by_library.by_faster_library():
        inside = layer(x)
    assert products == []
    assert torch.equal(inside, layer(x))


def test_models_trained_together_are_left_to_torch(
    is_faster: None, products: list[tuple[int, int]]
) -> None:
    x, layer = drawn(*LARGE)
    weight_2OI = torch.stack([layer.weight, 2 * layer.weight]).detach()
    with by_library.by_faster_library():
        torch.func.vmap(lambda weight_OI: linear(x, weight_OI))(weight_2OI)
    assert products == []


def test_outside_of_the_model_nothing_changes(
    is_faster: None, products: list[tuple[int, int]]
) -> None:
    x, layer = drawn(*LARGE)
    with by_library.by_faster_library():
        pass
    layer(x)
    assert products == []
