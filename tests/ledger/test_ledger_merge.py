from pathlib import Path

import pytest
from toy_rows import row

from rpbind.errors import UserError
from rpbind.ledger import Ledger, ProteinScore, Row
from rpbind.ledger import ledger as ledger_module
from rpbind.ledger.scores import ProteinScores


def names(ledger: Ledger) -> list[str]:
    return sorted(file.name.split("-")[0] for file in ledger.rows_folder.iterdir())


def filled(folder: Path, count: int = 6) -> tuple[Ledger, list[Row]]:
    rows = [row(seed=seed, metrics={"x": seed / 7}) for seed in range(count)]
    ledger = Ledger(folder)
    for one in rows:
        ledger.append(one)
    return ledger, rows


def test_merging_changes_the_files_and_no_row(tmp_path: Path) -> None:
    ledger, rows = filled(tmp_path)
    ledger.merge(at=6)
    assert names(ledger) == ["merged"]
    assert ledger.attempts() == Ledger(tmp_path).attempts() == rows
    ledger.append(row(seed=6))
    ledger.merge(at=1)
    assert names(ledger) == ["merged", "merged"]
    assert len(ledger.attempts()) == 7


def test_few_row_files_are_not_merged(tmp_path: Path) -> None:
    ledger, _ = filled(tmp_path)
    ledger.merge(at=7)
    assert names(ledger) == ["ablation"] * 6


def test_an_attempt_in_a_merged_file_is_not_recorded_again(tmp_path: Path) -> None:
    ledger, rows = filled(tmp_path)
    ledger.merge(at=1)
    assert not ledger.append(row(seed=0, state="failed"))
    assert not Ledger(tmp_path).append(row(seed=0, state="failed"))
    assert ledger.attempts() == rows


def test_a_merge_that_was_killed_before_it_deleted_the_small_files_duplicates_no_row(
    tmp_path: Path,
) -> None:
    ledger, rows = filled(tmp_path)
    kept = {file: file.read_bytes() for file in ledger.rows_folder.iterdir()}
    ledger.merge(at=1)
    for file, content in list(kept.items())[:4]:
        file.write_bytes(content)
    again = Ledger(tmp_path)
    assert again.attempts() == rows
    again.merge(at=1)
    assert names(again) == ["merged"]
    assert again.attempts() == rows


def test_a_reader_that_listed_the_files_before_a_merge_finds_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, rows = filled(tmp_path)
    reader, read = Ledger(tmp_path), ledger_module.read_table

    def meanwhile(file: Path, *columns: object) -> object:
        monkeypatch.setattr(ledger_module, "read_table", read)
        ledger.merge(at=1)
        return read(file)

    monkeypatch.setattr(ledger_module, "read_table", meanwhile)
    assert reader.attempts() == rows


def test_a_listing_that_missed_the_small_files_and_the_merged_one_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, rows = filled(tmp_path)
    ledger.merge(at=1)
    reader = Ledger(tmp_path)
    listings = iter([([], []), reader._row_files(), reader._row_files(), reader._row_files()])
    monkeypatch.setattr(reader, "_row_files", lambda: next(listings))
    assert reader.attempts() == rows


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_damaged_row_file_is_an_error_that_names_it(cut: int, tmp_path: Path) -> None:
    ledger, _ = filled(tmp_path, 1)
    (file,) = ledger.rows_folder.iterdir()
    content = file.read_bytes()
    flipped = content[:60] + bytes([content[60] ^ 1]) + content[61:]
    file.write_bytes((b"", content[: len(content) // 2], flipped)[cut])
    with pytest.raises(UserError, match=r"s0\.0\.parquet is not a valid row file"):
        Ledger(tmp_path).rows()


def test_scores_in_columns_equal_the_scores_they_were_made_from(tmp_path: Path) -> None:
    scores = tuple(
        ProteinScore(part=part, protein=name, cluster=3, windows=9, positives=n, auroc=auroc,
                     auprc=None)
        for n, (part, name, auroc) in enumerate(
            [("test", "A", 0.25), ("validation", "A", None), ("test", "B", 1.0)])
    )  # fmt: skip
    columns = ProteinScores.of(scores)
    assert columns == scores
    assert scores == columns
    assert columns != scores[:2]
    assert ProteinScores.of(columns) is columns
    assert columns.on("test").tolist() == [True, False, True]
    assert columns.on("probe").tolist() == [False, False, False]
    assert columns[1] == scores[1]
    ledger = Ledger(tmp_path)
    ledger.append(row(proteins=scores))
    (back,) = ledger.rows()
    assert isinstance(back.proteins, ProteinScores)
    assert back == row(proteins=scores)
    assert Row.model_validate_json(back.model_dump_json()) == back
