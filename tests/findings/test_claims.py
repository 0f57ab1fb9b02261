"""A claim card is recomputed from the ledger: whatever was changed since then is named."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from rpbind.analysis.summary import read
from rpbind.errors import UserError
from rpbind.findings.cards import cards_of, file_names, packed
from rpbind.findings.claim import Claim, parse_claim
from rpbind.findings.row_hash import RowHashes
from rpbind.findings.verify import recomputed
from rpbind.ledger import Ledger, Row
from rpbind.ledger.row_files import parquet_writer, table_of

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from synthetic_study import controls, plan, write

NAME = "memory=residue vs old"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("claims") / "s"
    write(folder, plan(arms=3, seeds=4), clusters=6, lost=False)
    controls(folder, plan(arms=3, seeds=4))
    return folder


@pytest.fixture
def study(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "s"))


def card(study: Path, name: str = NAME) -> Claim:
    ledger = Ledger(study)
    (found,) = [each for each in cards_of(read(ledger), RowHashes(ledger)) if each.claim == name]
    return parse_claim(found.json_text().encode(), "card")


def tampered(study: Path, arm: str, **changes: Any) -> str:
    """Change the row of an arm's seed 1 in its file; returns the run."""
    for file in (study / "ledger").glob(f"ablation-{arm}-*-s1.0.parquet"):
        (row,) = [r for r in Ledger(study).attempts() if r.arm == arm and r.seed == 1]
        file.unlink()
        with file.open("wb") as out:
            parquet_writer(table_of([row.model_copy(update=changes)]))(out)
        return row.run
    raise AssertionError(arm)


def row_of(study: Path, arm: str) -> Row:
    return next(r for r in Ledger(study).attempts() if r.arm == arm and r.seed == 1)


def test_every_verdict_of_an_unchanged_study_is_reproduced(made: Path) -> None:
    ledger = Ledger(made)
    cards = cards_of(read(ledger), RowHashes(ledger))
    assert {each.kind for each in cards} == {"contrast", "claim"}
    for each in cards:
        assert recomputed(parse_claim(each.json_text().encode(), "card"), ledger) == ()


def test_a_card_has_what_the_report_says(made: Path) -> None:
    contrast = next(c for c in read(Ledger(made)).contrasts if c.paired.contrast.name == NAME)
    found = card(made)
    assert (found.value, found.verdict) == (contrast.verdict.mean, contrast.verdict.word)
    assert (found.low, found.high) == contrast.verdict.possible_ci
    assert found.n == 4
    assert len(found.rows) == 8
    assert found.code == ["abc1234"]


def test_rows_in_one_merged_file_reproduce_the_same_claim(study: Path) -> None:
    before = card(study)
    Ledger(study).merge(at=1)
    assert recomputed(before, Ledger(study)) == ()


def test_a_score_that_was_changed_is_named_with_its_row(study: Path) -> None:
    before, row = card(study), row_of(study, "memory=residue")
    scores = tuple(s.model_copy(update={"auroc": 0.99}) for s in row.proteins)
    run = tampered(study, "memory=residue", proteins=scores)
    found = recomputed(before, Ledger(study))
    assert any(each.startswith(f"row {run}:") for each in found)
    assert any(each.startswith("the difference:") for each in found)


def test_a_metric_that_no_verdict_reads_is_named_all_the_same(study: Path) -> None:
    before, row = card(study), row_of(study, "old")
    run = tampered(study, "old", metrics=dict(row.metrics) | {"test.loss": 0.1})
    (found,) = recomputed(before, Ledger(study))
    assert found.startswith(f"row {run}:")


def test_a_row_that_is_gone_is_named(study: Path) -> None:
    before = card(study)
    (file,) = (study / "ledger").glob("ablation-old-*-s2.0.parquet")
    file.unlink()
    found = recomputed(before, Ledger(study))
    assert any("the ledger has no such row" in each for each in found)
    assert any(each.startswith("the number of pairs: the card says 4") for each in found)


def test_a_row_of_an_arm_beyond_the_contrast_counts_through_the_correction(study: Path) -> None:
    before, row = card(study), row_of(study, "encoder=token")
    tampered(study, "encoder=token", metrics=dict(row.metrics) | {"test.loss": 0.1})
    (found,) = recomputed(before, Ledger(study))
    assert found.startswith("rows of other arms:")


def test_rows_of_other_code_are_named(study: Path) -> None:
    before, row = card(study), row_of(study, "old")
    tampered(study, "old", provenance=dict(row.provenance) | {"code": "other99"})
    found = recomputed(before, Ledger(study))
    assert "the code that made the rows: the card says ['abc1234'], the ledger gives " in found[0]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("value", 0.4, "the difference:"),
        ("low", 0.3, "the lower end"),
        ("high", 0.5, "the upper end"),
        ("level", 0.95, "the level of the interval"),
        ("p", 1e-9, "the p value"),
        ("n", 10, "the number of pairs"),
        ("verdict", "worse", "the verdict"),
        ("size", "detectable but negligible", "the size"),
        ("rule", "We looked at it.", "the decision rule"),
        ("delta", 0.5, "delta"),
        ("alpha", 0.1, "the level of the study"),
        ("dataset", "other@1", "the dataset"),
        ("split", "random@1", "the split"),
        ("plan", "0000", "the plan"),
        ("code", ["0000"], "the code"),
        ("study", "other", "the name of the study"),
        ("clusters", 91, "the number of protein clusters"),
        ("recipes", {}, "the recipes"),
        ("question", "Another?", "the question"),
    ],
)
def test_each_thing_that_a_card_can_say_wrongly_has_its_sentence(
    made: Path, field: str, value: Any, words: str
) -> None:
    said = json.loads(card(made).json_text()) | {field: value}
    (found,) = recomputed(parse_claim(json.dumps(said).encode(), "card"), Ledger(made))
    assert found.startswith(words)


def test_a_claim_that_the_study_does_not_make_is_refused_with_the_nearest(made: Path) -> None:
    said = json.loads(card(made).json_text()) | {"claim": "memory=residu vs old"}
    (found,) = recomputed(parse_claim(json.dumps(said).encode(), "card"), Ledger(made))
    assert f"'{NAME}'" in found


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"schema": 1}', b"\xff"])
def test_what_is_no_card_is_a_mistake_of_the_user(text: bytes) -> None:
    with pytest.raises(UserError, match="not a claim card"):
        parse_claim(text, "x.json")


def test_a_card_of_a_later_version_is_refused(made: Path) -> None:
    said = json.loads(card(made).json_text()) | {"schema": 99}
    with pytest.raises(UserError, match="newer rpbind"):
        parse_claim(json.dumps(said).encode(), "x.json")


def test_a_page_has_the_whole_of_every_card(made: Path) -> None:
    ledger = Ledger(made)
    cards = cards_of(read(ledger), RowHashes(ledger))
    data = packed(cards)
    for one, each in zip(data["cards"], cards, strict=True):
        rows = {run: data["hashes"][run] for run in one["rows"]}
        whole = data["common"] | {k: v for k, v in one.items() if k != "file"} | {"rows": rows}
        assert whole == each.model_dump(mode="json", by_alias=True)


def test_file_names_of_claims_differ_also_where_upper_case_does_not_count(made: Path) -> None:
    one = card(made)
    names = ["a vs b", "A vs b", "a/vs\\b", "..", "ü" * 300]
    cards = [one.model_copy(update={"claim": name}) for name in names]
    found = file_names(cards)
    assert len({name.lower() for name in found}) == len(names)
    assert all("/" not in name and "\\" not in name and not name.startswith(".") for name in found)
