"""The page of a running study is written again as rows arrive, without verdicts."""

from pathlib import Path

import pytest
from synthetic_study import done, plan

from rpbind.analysis.interim import read_now
from rpbind.analysis.summary import read
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.report.live import LivePage, follow
from rpbind.wording.predictions import by_outcome

ARMS, SEEDS = 3, 5


def add(folder: Path, seeds: range) -> None:
    ledger = Ledger(folder)
    for i, arm in enumerate(ledger.plan.arms):
        for seed in seeds:
            ledger.append(done(arm, seed, 0.05 * i, i, 24))


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A study of which four seeds of five are done, enough for verdicts."""
    Ledger(tmp_path).begin(plan(ARMS, SEEDS))
    add(tmp_path, range(4))
    return tmp_path


def test_a_running_study_has_no_verdict_interval_or_claim_until_it_ends(begun: Path) -> None:
    ledger = Ledger(begun)
    assert all(c.verdict.word == "better" for c in read(ledger).contrasts)
    with ledger.drive("test"):
        seen = read_now(ledger)
        page = build_report(begun).read_text()
    assert seen.interim
    assert {c.verdict.word for c in seen.judged} == {"inconclusive"}
    assert all(c.verdict.ci is None and c.verdict.p is None for c in seen.judged)
    assert not seen.controls.claims
    assert "Interim: 12 of 15 planned runs are done" in page
    assert '<section id="verdicts">' not in page
    assert "location.reload()" in page
    assert 'role="alert"' not in page
    add(begun, range(4, 5))
    page = build_report(begun).read_text()
    assert "Interim" not in page
    assert "location.reload()" not in page
    assert "raises AUROC by" in page


def test_the_page_is_written_when_rows_have_arrived_and_not_otherwise(begun: Path) -> None:
    live = LivePage(begun)
    assert live.refresh()
    assert not live.refresh()
    add(begun, range(4, 5))
    assert live.refresh()
    assert "Interim: 15 of 15" in (begun / "index.html").read_text()  # it has not ended


def test_nothing_is_written_before_the_study_begins(tmp_path: Path) -> None:
    assert not LivePage(tmp_path / "later").refresh()
    assert not (tmp_path / "later").exists()


def test_a_page_that_cannot_be_written_does_not_end_the_study(
    begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (begun / "index.html").mkdir()
    with LivePage(begun, every=0.0) as live:
        live._thread.join()
    assert capsys.readouterr().err.count("not written any more") == 1


def test_the_page_of_a_study_that_was_stopped_is_not_left_as_interim(begun: Path) -> None:
    live = LivePage(begun)
    live.__enter__()
    live.refresh()
    assert "Interim" in (begun / "index.html").read_text()
    live.__exit__(KeyboardInterrupt)
    assert "Interim" not in (begun / "index.html").read_text()


def test_watching_follows_a_study_to_its_end(begun: Path) -> None:
    ledger = Ledger(begun)
    driving = ledger.drive("test")
    driving.__enter__()
    seen = []

    def wait() -> None:
        seen.append((begun / "index.html").read_text())
        add(begun, range(4, 5))
        driving.__exit__(None, None, None)

    last = follow(begun, wait)
    (first,) = seen
    assert "Interim: 12 of 15" in first
    assert "Interim" not in last.read_text()


def test_predictions_are_undecided_while_a_study_runs(begun: Path) -> None:
    with Ledger(begun).drive("test"):
        assert {each.name for each in by_outcome(read_now(Ledger(begun)).predictions)} <= {
            "undecided"
        }
