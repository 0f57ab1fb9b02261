"""A real browser: Debian's Chromium, driven by playwright, which downloads nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import rpbind as rb
from rpbind.report.build import build_report

sys.path.append(str(Path(__file__).parents[1] / "report"))  # the synthetic studies stand there

from synthetic_study import HOSTILE
from twelve_studies import STUDIES

CHROMIUM = shutil.which("chromium")
HEARD = """
const listen = EventTarget.prototype.addEventListener;
window.heardClicks = new Set();
EventTarget.prototype.addEventListener = function (kind, ...more) {
  if (kind === "click") window.heardClicks.add(this);
  return listen.call(this, kind, ...more);
};
"""
"""Notes what listens to clicks, before any script of the page runs."""
SETTLED = """() => [...document.querySelectorAll(".plotly-graph-div .main-svg")].every((svg) => {
  const place = svg.closest(".plotly-graph-div");
  return Math.abs(svg.getBoundingClientRect().width - place.clientWidth) < 2;
})"""
"""Figures take their new width some time after the window has."""


@dataclass
class Opened:
    """A study's page in the browser, with all that it said and asked for since it was opened."""

    name: str
    folder: Path
    page: Any
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def seen_at(self, width: int, media: str = "screen", scheme: str = "light") -> Any:
        """Return the page at a width, on the screen or on paper, in a light or dark scheme."""
        self.page.emulate_media(media=media, color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_function(SETTLED)
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The browser; it ends with the tests of the file, since playwright keeps an event loop."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not on the PATH; install it: apt install chromium")
    from playwright.sync_api import sync_playwright

    # Chromium makes ~/.config for itself alone, which tests that become another user cannot read
    with sync_playwright() as playwright, TemporaryDirectory() as home:
        own = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), home)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, env=os.environ | own)
        yield chromium
        chromium.close()


@contextmanager
def visited(browser: Any, name: str, folder: Path, page: Path) -> Iterator[Opened]:
    """Open a page with all that it has folded away; close the browser's window at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(HEARD)
    opened = Opened(name, folder, context.new_page())
    opened.page.on("console", lambda message: opened.said.append(message.text))
    opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.page.on("dialog", lambda dialog: (opened.said.append(dialog.message), dialog.dismiss()))
    opened.page.on("request", lambda asked: opened.requests.append(asked.url))
    opened.page.goto(page.as_uri())
    opened.page.evaluate((Path(__file__).parent / "faults.js").read_text())
    opened.page.evaluate("check.openAll(); check.drawAll()")
    yield opened
    context.close()


@pytest.fixture(scope="module", params=STUDIES)
def study(
    request: pytest.FixtureRequest, browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    """Each of the twelve studies, written once and opened once."""
    folder = STUDIES[request.param](tmp_path_factory.mktemp("study") / request.param)
    with visited(browser, request.param, folder, build_report(folder)) as opened:
        yield opened


SEVERAL = ("list", "side-by-side", "study-with-a-note")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies with notes, of which one is damaged, and a page of three."""
    folder = tmp_path_factory.mktemp("reports")
    for name in ("ablation", "leave-one-out", "search", "all-failed", "hostile"):
        build_report(STUDIES[name](folder / name))
    (folder / "damaged").mkdir()
    (folder / "damaged" / "plan.json").write_text('{"hostile": "' + HOSTILE.replace('"', "'"))
    for name in ("hostile", "ablation"):
        tags = ["paper", "a-tag-of-forty-letters_2026/q4.revision-2"[:40]]
        rb.note(folder / name, f"{HOSTILE} " * 20, tag=tags)
    names = ("ablation", "leave-one-out", "hostile", "search")
    rb.side_by_side([folder / name for name in names])
    return folder


@pytest.fixture(scope="module", params=SEVERAL)
def several(request: pytest.FixtureRequest, browser: Any, reports: Path) -> Iterator[Opened]:
    """The list of studies, studies side by side, and a study with a note."""
    page = {
        "list": reports / "index.html",
        "side-by-side": next(reports.glob("side-by-side-*.html")),
        "study-with-a-note": reports / "hostile" / "index.html",
    }[request.param]
    with visited(browser, request.param, reports, page) as opened:
        yield opened
