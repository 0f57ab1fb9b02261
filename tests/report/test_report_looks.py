"""What a page looks like: its title, the scales of its axes, the contrast of its colours."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from synthetic_study import plan, trials, write

from rpbind.figures import style
from rpbind.ledger import Ledger
from rpbind.report.build import HERE, build_report

QUESTION = "Which change of the attention moves the AUROC?"
LEARNING_RATE = {"path": "train.lr", "kind": "float", "low": 1e-4, "high": 1e-2, "log": True}
DECAY = {"path": "train.weight_decay", "kind": "float", "low": 0.0, "high": 0.1, "log": False}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def figure(page: str, name: str) -> dict[str, Any]:
    found = re.search(rf'id="data-figure-{name}">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.parametrize(("name", "title"), [("attention, third try", "attention, third try"),
                                             ("", QUESTION)])  # fmt: skip
def test_the_title_is_the_name_of_the_user_or_else_the_question(
    name: str, title: str, tmp_path: Path
) -> None:
    Ledger(tmp_path).begin(plan(2, 2, name=name))
    page = build_report(tmp_path).read_text()
    assert f"<h1>{title}</h1>" in page
    assert f"<title>{title} · rpbind report</title>" in page
    assert page.count(QUESTION) == (1 if name else 2)


def test_a_hyperparameter_is_drawn_on_the_scale_on_which_it_was_searched(tmp_path: Path) -> None:
    searched = {"trials": 40, "sampler": "random", "dimensions": [LEARNING_RATE, DECAY]}
    write(tmp_path, plan(2, 2, search=searched), lost=False)
    trials(tmp_path, 40)
    layout = figure(build_report(tmp_path).read_text(), "slices")["layout"]
    axes = [axis for name, axis in layout.items() if name.startswith("xaxis")]
    scales = {axis["title"]["text"]: axis["type"] for axis in axes}
    assert scales == {"train.lr": "log", "train.weight_decay": "linear"}


@pytest.mark.parametrize("colour", [*style.COLOURS, style.MUTED])
def test_marks_have_a_contrast_of_3_to_1_on_white_and_on_the_band(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 3.0
    assert contrast(colour, style.BAND) >= 3.0


def test_text_has_a_contrast_of_4_5_to_1_with_what_it_stands_on() -> None:
    css = (HERE / "page.css").read_text()
    rules = re.findall(r"\{[^}]*background: (#[0-9a-f]{6});[^}]*[; ]color: (#[0-9a-f]{6})", css)
    assert len(rules) >= 5
    for ground, ink in [*rules, (style.BAND, style.MUTED), ("#ffffff", style.MUTED)]:
        assert contrast(ground, ink) >= 4.5


def test_error_and_warning_badges_differ_by_word_and_shape(tmp_path: Path) -> None:
    css = (HERE / "page.css").read_text()
    shapes = [re.search(rf"\.badge\.{kind} {{([^}}]*)}}", css) for kind in ("error", "warning")]
    assert ["border-radius" in shape[1] for shape in shapes if shape] == [True, False]
