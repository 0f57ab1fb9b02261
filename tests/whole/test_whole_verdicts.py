import pytest

from rpbind.analysis.summary import Summary, read
from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.ledger import ContrastPlan, Ledger
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED
from rpbind.run.resources import Resources
from rpbind.study.launch import launch
from rpbind.train.opened import OpenData

TOKEN = narrowed(FIXED.with_({"model.memory": "none"}), 8).with_({"train.epochs": 6})
CONTEXT = TOKEN.with_({"model.encoder": {"kind": "conv", "dim": 16, "pool": 4}})
SAME = TOKEN.with_({"model.attention.dropout": 0.5})
"""Without a memory there is no attention, so its dropout cannot matter."""


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory, one_ray: None) -> Summary:
    """A study of a world in which only context shows the motif, trained through Ray."""
    folder = tmp_path_factory.mktemp("verdicts") / "world"
    dataset = simulate(folder, World(proteins=12, sites=60, length=31, decoys=0.0))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)
    design = Design(
        "known",
        (arm("token", TOKEN, ""), arm("context", CONTEXT, ""), arm("same", SAME, "")),
        tuple(ContrastPlan(name=n, arm=n, reference="token") for n in ("context", "same")),
    )
    source = DataSource(OpenData(folder), SplitSpec())
    plan = make_plan("known", Question("?", "!", "."), design, (0, 1, 2), source)
    launch(plan, source, Resources(), folder.with_name("study"))
    return read(Ledger(folder.with_name("study")))


def test_context_where_it_is_needed_is_better_by_more_than_delta(summary: Summary) -> None:
    context, _ = summary.contrasts
    assert (context.verdict.word, context.verdict.size) == ("better", "meaningful")
    assert context.paired.seeds == (0, 1, 2)


def test_two_arms_that_differ_in_a_hyperparameter_without_effect_are_inert(
    summary: Summary,
) -> None:
    _, same = summary.contrasts
    assert (same.verdict.word, same.verdict.p) == ("inert", None)
    assert same.diff == {"model.attention.dropout": (0.5, 0.1)}
