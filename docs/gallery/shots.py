"""Take the pictures of the gallery: the first screen of each study's page, 1280 x 900 pixels.

    rpbind report reports/e01
    python docs/gallery/shots.py reports/e01 reports/sweep

Writes docs/gallery/NAME.png, NAME being the study's folder. Needs Chromium (apt install chromium),
playwright (in the extra `test`) and Pillow (pip install pillow).
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SCREEN = {"width": 1280, "height": 900}
COLOURS = 48
MOST_BYTES = 200_000


def main(studies: list[Path], out: Path) -> None:
    """Take one picture per study, and say how large it is.

    Parameters
    ----------
    studies
        Folders of studies with an `index.html`.
    out
        The folder of the pictures.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for study in studies:
            page = browser.new_page(viewport=SCREEN, color_scheme="light")
            page.goto((study / "index.html").resolve().as_uri())
            page.evaluate("document.fonts.ready")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            path = out / f"{study.name}.png"
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
            print(path, path.stat().st_size)
            assert path.stat().st_size <= MOST_BYTES, f"more than {MOST_BYTES:,} bytes: {path}"
        browser.close()


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]], Path(__file__).parent)
