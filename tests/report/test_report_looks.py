"""What a page looks like: its title, the scales of its axes, the contrast of its colours."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_study import plan, trials, write

from rpbind.figures import palette
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.report.parts import HERE

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


SCHEMES = {"light": palette.LIGHT, "dark": palette.DARK}
GROUPS = ("good", "bad", "calm", "note", "alert")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_marks_have_a_contrast_of_3_to_1_on_the_page_and_on_the_band(scheme: str) -> None:
    colours = SCHEMES[scheme]
    marks = [f"arm-{n}" for n in range(len(palette.ARMS))] + [f"{group}-line" for group in GROUPS]
    marks += [f"score-{n}" for n in range(len(palette.SCORES))]
    for mark in (*marks, "muted"):
        for ground in ("page", "band"):
            assert contrast(colours[mark], colours[ground]) >= 3.0, (mark, ground)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_a_contrast_of_4_5_to_1_with_what_it_stands_on(scheme: str) -> None:
    colours = SCHEMES[scheme]
    grounds = ("page", "soft", "band")
    pairs = [(ink, ground) for ink in ("ink", "muted", "accent") for ground in grounds]
    pairs += [(f"{group}-ink", f"{group}-ground") for group in GROUPS]
    for ink, ground in (*pairs, ("calm-ink", "page"), ("ink", "good-ground")):
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def test_every_colour_of_the_page_is_in_both_schemes_and_has_one_place() -> None:
    css = (HERE / "page.css").read_text()
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", css)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", css))
    assert used <= set(palette.LIGHT)
    assert list(palette.LIGHT) == list(palette.DARK)
    assert len(set(palette.LIGHT.values())) == len(palette.LIGHT)  # a figure maps them to the dark


COLOUR_BLIND = {  # Machado, Oliveira and Fernandes 2009, severity 1
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
               (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def lab(colour: str, matrix: Any) -> Any:
    """CIELAB of a colour as a colour-blind reader sees it."""
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(matrix) @ linear, 0, 1)
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = np.array(to_xyz) @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", COLOUR_BLIND)
def test_colour_blind_readers_can_tell_the_arms_apart(kind: str, scheme: str) -> None:
    colours = [SCHEMES[scheme][f"arm-{n}"] for n in range(len(palette.ARMS))]
    seen = [lab(colour, COLOUR_BLIND[kind]) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 12


def test_error_and_warning_badges_differ_by_sign_and_border() -> None:
    css = (HERE / "page.css").read_text()
    for rule in (r"\.badge\.{} {{([^}}]*)}}", r"\.badge\.{}::before {{([^}}]*)}}"):
        shapes = {re.sub("var[^;]*", "", "".join(re.findall(rule.format(kind), css)))
                  for kind in ("error", "warning")}  # fmt: skip
        assert len(shapes) == 2


@pytest.mark.parametrize("word", ["better", "worse", "no-meaningful-effect", "inert"])
def test_each_verdict_has_a_sign_of_its_own_before_its_word(word: str) -> None:
    signs = dict(
        re.findall(
            r"\.verdict(?:\.([a-z-]+))?::before { content: ([^}]*)}",
            (HERE / "page.css").read_text(),
        )
    )
    assert len(set(signs.values())) == len(signs) == 6  # those four, inconclusive and screening
    assert word in signs


def test_the_contents_link_every_section_of_the_page_and_nothing_else(tmp_path: Path) -> None:
    page = build_report(write(tmp_path, plan(2, 2), lost=False)).read_text()
    lists = re.findall(r"<ol>(.*?)</ol>", page)
    links = re.findall(r'href="#([a-z-]+)">', lists[0])
    parts_of_health = {"failures", "before-training", "findings", "spent"}
    sections = re.findall(r'<section id="([a-z-]+)"', page)
    assert links == [name for name in sections if name not in parts_of_health]
    assert lists[0] == lists[1]  # one beside a wide page, one folded on a narrow one


def test_every_table_is_in_a_box_of_its_own_with_a_name_and_a_header(tmp_path: Path) -> None:
    write(tmp_path)
    trials(tmp_path)
    page = build_report(tmp_path).read_text()
    boxes = re.findall(
        r'<div class="scroll(?: tall)?" tabindex="0" role="region" aria-label="([^"]+)">\s*'
        r'<table data-name="([a-z-]+)"',
        page,
    )
    assert len(boxes) == page.count("<table") > 8
    assert page.count("<thead") == page.count("<table")
    for column in zip(*boxes, strict=True):
        assert len(set(column)) == len(column)
    captions = re.findall(r'<table[^>]*aria-describedby="([^"]+)"', page)
    assert all(page.count(f'id="{caption}"') == 1 for caption in captions)
