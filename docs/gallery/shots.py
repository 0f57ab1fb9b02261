"""Take the pictures of the gallery: the first screen of each study's page, 1280 x 900 pixels.

    rpbind report reports/e01
    python docs/gallery/shots.py reports/e01 reports/sweep
    python docs/gallery/shots.py reports/mine=docs/report.png

Writes docs/gallery/NAME.png, NAME being the study's folder, or the file that is named. A picture is
higher only where the three cards end below the first screen. Needs Chromium (apt install chromium),
playwright (in the extra `test`) and Pillow (pip install pillow).
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 900
END = "document.querySelector('.cards').getBoundingClientRect().bottom"
COLOURS = 160
MOST_BYTES = 200_000


def main(pictures: dict[Path, Path]) -> None:
    """Take one picture per study, and say how large it is.

    Parameters
    ----------
    pictures
        {folder of a study with an `index.html`: file of its picture}.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for study, path in pictures.items():
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
            )
            page.goto((study / "index.html").resolve().as_uri())
            height = max(HEIGHT, round(page.evaluate(END)) + 6)
            page.set_viewport_size({"width": WIDTH, "height": height})
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            # which keeps rare colours: of a few marks among much text
            few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(path, optimize=True)
            print(path, f"{WIDTH} x {height}", path.stat().st_size, "bytes")
            assert path.stat().st_size <= MOST_BYTES, f"more than {MOST_BYTES:,} bytes: {path}"
        browser.close()


if __name__ == "__main__":
    named = [word.partition("=") for word in sys.argv[1:]]
    here = Path(__file__).parent
    main({Path(s): Path(file) if file else here / f"{Path(s).name}.png" for s, _, file in named})
