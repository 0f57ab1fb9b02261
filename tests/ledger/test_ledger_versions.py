"""Studies of earlier versions are read, and those of later versions are refused.

`study_647bbb3` was written by the code of that commit, before there was a version. It must never
be changed.
"""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_rows import PLAN, row

from rpbind.doctor.kinds import KINDS
from rpbind.errors import UserError
from rpbind.ledger import Finding, Ledger, schema
from rpbind.ledger.records import RENAMED_FINDINGS
from rpbind.ledger.remarks import remarks
from rpbind.ledger.row_files import read_table

FIRST = Path(__file__).parent / "study_647bbb3"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A copy of a study of version 1."""
    return Path(shutil.copytree(FIRST, tmp_path / "study"))


def later(monkeypatch: pytest.MonkeyPatch, added: dict[str, int], columns: pa.Schema) -> None:
    """Pretend that this is a later version, which added columns."""
    monkeypatch.setattr(schema, "ADDED", schema.ADDED | added)
    monkeypatch.setattr("rpbind.ledger.remarks.ADDED", schema.ADDED)
    monkeypatch.setattr(schema, "SCHEMA", columns)
    monkeypatch.setattr(schema, "VERSION", max(added.values()))


def row_files(study: Path) -> list[Path]:
    return sorted((study / "ledger").glob("*.parquet"))


def test_a_study_of_the_first_version_is_read_completely(first: Path) -> None:
    ledger = Ledger(first)
    assert schema.version_of(pq.read_schema(row_files(first)[0])) == 1
    assert ledger.plan.study
    rows = list(ledger.attempts())
    assert rows
    assert all(score.auroc is not None for one in rows for score in one.proteins)


def test_rows_of_earlier_versions_have_no_test_curves_and_no_remark_says_so(first: Path) -> None:
    assert all(one.test_curves == {} for one in Ledger(first).attempts())
    assert not any("test_curves" in remark for remark in remarks(Ledger(first)))


def test_test_curves_come_back_from_the_ledger_as_they_were(tmp_path: Path) -> None:
    curves = {"roc.pooled": [0.0, 0.25, 1.0], "raw.windows": [3.0, 0.0]}
    ledger = Ledger(tmp_path)
    ledger.begin(PLAN)
    ledger.append(row().model_copy(update={"test_curves": curves}))
    (found,) = Ledger(tmp_path).attempts()
    assert found.test_curves == curves


def test_rows_with_and_without_test_curves_are_merged_into_one_file(
    first: Path,
) -> None:
    ledger = Ledger(first)
    (one, *_) = list(ledger.attempts())
    newer = one.model_copy(update={"attempt": 9, "test_curves": {"roc.pooled": [0.0, 1.0]}})
    ledger.append(newer)
    before = len(list(Ledger(first).attempts()))
    ledger.merge(at=1)
    found = list(Ledger(first).attempts())
    assert len(found) == before
    assert {each.attempt: each.test_curves for each in found}[9] == {"roc.pooled": [0.0, 1.0]}


def test_plans_and_row_files_are_written_with_their_version(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(PLAN)
    ledger.append(row())
    (file,) = row_files(tmp_path)
    assert schema.version_of(pq.read_schema(file)) == schema.VERSION
    assert json.loads((tmp_path / "plan.json").read_text())["schema"] == schema.VERSION


def test_a_score_field_that_a_later_version_adds_is_null_in_earlier_rows_with_a_remark(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = pa.struct([*schema.SCHEMA.field("proteins").type.value_type, ("f1", pa.float64())])
    place = schema.SCHEMA.get_field_index("proteins")
    columns = schema.SCHEMA.set(place, pa.field("proteins", pa.list_(scored)))
    later(monkeypatch, {"proteins.f1": 4}, columns)
    tables = [read_table(file, ["proteins"]) for file in row_files(first)]
    scores = [table["proteins"].chunk(0).values for table in tables]
    assert sum(len(each) for each in scores) > 0
    assert all(each.field("f1").null_count == len(each) for each in scores)
    assert any(each.field("auroc").null_count < len(each) for each in scores)
    assert list(Ledger(first).attempts())
    assert "Rows that an earlier version wrote have no proteins.f1." in remarks(Ledger(first))


def test_a_column_that_a_later_version_adds_is_null_in_earlier_rows_with_a_remark(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, {"energy": 4}, schema.SCHEMA.append(pa.field("energy", pa.float64())))
    table = read_table(row_files(first)[0], ["run", "energy"])
    assert table["energy"].null_count == table.num_rows > 0
    assert "Rows that an earlier version wrote have no energy." in remarks(Ledger(first))


def test_a_plan_of_a_later_version_is_refused_with_both_versions(first: Path) -> None:
    tree = json.loads((first / "plan.json").read_text())
    (first / "plan.json").write_text(json.dumps(tree | {"schema": 99, "unheard": "of"}))
    with pytest.raises(UserError, match=r"plan.json has schema version 99; .* reads 1 to"):
        _ = Ledger(first).plan


def test_rows_of_a_later_version_are_refused_with_both_versions(first: Path) -> None:
    file = row_files(first)[0]
    table = pq.read_table(file)
    newer = table.append_column("unheard", pa.nulls(table.num_rows, pa.string()))
    pq.write_table(newer.replace_schema_metadata({schema.KEY: b"99"}), file)
    with pytest.raises(UserError, match=r"has schema version 99; .* reads 1 to"):
        list(Ledger(first).attempts())


@pytest.mark.parametrize(("before", "now"), RENAMED_FINDINGS.items())
def test_a_finding_of_an_earlier_version_has_the_name_that_it_has_now(
    before: str, now: str
) -> None:
    found = Finding(name=before, severity="error", measured=0.5, threshold=0.6, advice="")
    assert found.name == now
    assert KINDS[now].name == now
    assert before not in KINDS
