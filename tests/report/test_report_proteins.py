"""The table of proteins, and what the page of a large study may weigh."""

import re
from pathlib import Path

import pytest
import synthetic_study as toy
from synthetic_study import controls, done, plan, write

from rpbind.analysis.summary import read
from rpbind.figures.embed import PLOTLY
from rpbind.figures.protein_rows import protein_rows
from rpbind.ledger import Ledger
from rpbind.report.build import build_report

ROW = re.compile(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>')
CELL = re.compile(r'<td class="n">([^<]*)</td>')


def table(page: str) -> dict[str, list[str]]:
    """{protein: its cells} of the table of proteins."""
    part = page.split('<table data-name="proteins"')[1].split("</table>")[0]
    return {name: CELL.findall(cells) for name, cells in ROW.findall(part)}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write(tmp_path, lost=False)
    controls(tmp_path, plan())
    return tmp_path


def test_each_protein_has_its_windows_and_its_aurocs_beside_the_plain_baseline(study: Path) -> None:
    shown = table(build_report(study).read_text())
    summary = read(Ledger(study))
    found = protein_rows(summary)
    assert found is not None
    assert found.other == "5mer-per-protein"
    arm = next(arm for arm in summary.arms if arm.plan.name == found.arm)
    baseline = next(b for b in summary.controls.baselines if b.name == found.other)
    others = {one.name: one.auroc for one in baseline.experiments}
    assert len(shown) == 24
    for one in arm.experiments:
        other = others[one.name]
        assert one.auroc is not None
        assert other is not None
        windows, bound, mine, theirs, difference = shown[one.name]
        assert (windows, bound) == (str(one.windows), str(one.positives)) == ("400", "200")
        assert (mine, theirs) == (f"{one.auroc:.3f}", f"{other:.3f}")
        assert difference == f"{one.auroc - other:+.3f}".replace("-", "−")


def test_the_arm_is_chosen_on_validation_and_not_on_test(tmp_path: Path) -> None:
    study_plan, ledger = plan(2, 2), Ledger(tmp_path)
    ledger.begin(study_plan)
    for arm, effect, stream in zip(study_plan.arms, (0.0, 0.1), (0, 1), strict=True):
        for seed in study_plan.seeds:
            made = done(arm, seed, effect, stream, 6)
            worse = tuple({**p, "validation.auroc_macro": 0.5} for p in made.curve)
            ledger.append(made.model_copy(update={"curve": worse} if effect else {}))
    summary = read(ledger)
    found = protein_rows(summary)
    assert found is not None
    assert (found.arm, found.other) == ("old", "memory=residue")
    assert summary.arms[1].headline.mean > summary.arms[0].headline.mean  # type: ignore[union-attr]


def test_proteins_stand_by_difference_and_all_dots_lie_within_the_drawing(study: Path) -> None:
    found = protein_rows(read(Ledger(study)))
    assert found is not None
    differences = [line[3] for line in found.lines if line[3] is not None]
    assert differences == sorted(differences, reverse=True)
    places = [float(x) for line in found.lines for x in re.findall(r'cx="([-.\d]+)"', line[4])]
    assert len(places) == 2 * len(found.lines)
    assert all(6 <= place <= 114 for place in places)


def test_a_study_without_scores_has_no_such_table(tmp_path: Path) -> None:
    Ledger(tmp_path).begin(plan(2, 2))
    assert protein_rows(read(Ledger(tmp_path))) is None
    assert '<section id="proteins">' not in build_report(tmp_path).read_text()


def test_a_large_page_stays_light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 arms with 91 proteins may take 4 MB; each arm beyond the best 24 adds as much."""
    monkeypatch.setattr(toy, "NAMES", ("old", *(f"arm-{n:02d}" for n in range(1, 36))))
    monkeypatch.setattr(toy, "EFFECTS", tuple(0.001 * n for n in range(36)))
    sizes = []
    for arms in (26, 36):
        folder = write(tmp_path / str(arms), plan(arms, 2), clusters=91, lost=False)
        sizes.append(build_report(folder).stat().st_size)
    per_arm = (sizes[1] - sizes[0]) / 10
    fixed = sizes[0] - 26 * per_arm
    assert fixed + 100 * per_arm < 4e6
    assert PLOTLY.stat().st_size < 1.6e6
