"""The table of arms: every metric is under its own header, however many there are."""

import re
from pathlib import Path

import pytest
from synthetic_study import done, plan

from rpbind.analysis import arms
from rpbind.ledger import Ledger
from rpbind.report.build import build_report

VALUES = {
    "test.auroc_pooled": 0.111,
    "test.auroc_weighted": 0.777,
    "test.auprc_macro": 0.222,
    "test.mcc": 0.333,
    "test.loss": 0.444,
    "test.brier_calibrated": 0.555,
    "test.accuracy": 0.666,
}


def columns(page: str) -> dict[str, str]:
    """Return {header: first number below it} of the table of arms."""
    table = page[page.index('<section id="arms">') :].split("</table>")[0]
    head, body = table.split("</thead>")
    headers = re.findall(r"<th[^>]*>(.*?)</th>", head.split("<tr>")[1], flags=re.DOTALL)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body.split("</tr>")[0], flags=re.DOTALL)
    plain = [re.sub(r"<small>.*", "", text, flags=re.DOTALL).strip() for text in (*headers, *cells)]
    names, figures = plain[1 : len(headers)], plain[len(headers) :]
    return dict(zip(names, figures, strict=True))


@pytest.mark.parametrize("first", [False, True])
def test_an_added_metric_is_under_its_own_header(
    first: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"test.accuracy": "Accuracy"}
    wanted = more | arms.SECONDARY if first else arms.SECONDARY | more
    monkeypatch.setattr(arms, "SECONDARY", wanted)
    study_plan = plan()
    ledger = Ledger(tmp_path)
    ledger.begin(study_plan)
    for arm in study_plan.arms:
        for seed in study_plan.seeds:
            row = done(arm, seed, 0.0, 0, 4)
            ledger.append(row.model_copy(update={"metrics": {**row.metrics, **VALUES}}))
    shown = columns(build_report(tmp_path).read_text())
    assert {name: shown[header] for name, header in wanted.items()} == {
        name: f"{value:.3f}" for name, value in VALUES.items()
    }
