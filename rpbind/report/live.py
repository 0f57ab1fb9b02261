"""The page of a study while it runs: written again as rows arrive, marked as interim."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rpbind.analysis.interim import withheld
from rpbind.analysis.summary import read
from rpbind.errors import reason
from rpbind.ledger import Ledger
from rpbind.ledger.plans import PLAN
from rpbind.report.build import write_page
from rpbind.report.publish import publish, renew_index
from rpbind.verbosity import say, tell

EVERY = 30.0
"""The page is written at most once in so many seconds ..."""
SHARE = 20.0
"""... and after so many times the seconds that it took last, so that runs keep their CPU."""


class LivePage:
    """Writes the page of a study again while it runs; use it as a context manager.

    A page that cannot be written says so once and never ends the study.

    Parameters
    ----------
    study
        Folder of the study.
    every
        Fewest seconds between two pages.
    """

    def __init__(self, study: Path, every: float = EVERY) -> None:
        self.study, self.every = study, every
        self._seen = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="live-page", daemon=True)

    def __enter__(self) -> LivePage:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._over.set()
        self._thread.join()
        if kind is not None and self._seen:  # the page of a study that was stopped is not interim
            with contextlib.suppress(Exception):
                publish(self.study)

    def refresh(self) -> bool:
        """Write the interim page if rows have arrived since the last one.

        Returns
        -------
        bool
            Whether it was written.
        """
        rows = self.study / "ledger"
        if not (self.study / PLAN).exists() or not rows.is_dir():
            return False
        changed = rows.stat().st_mtime_ns
        if changed == self._seen:
            return False
        self._seen = changed
        write_page(self.study, withheld(read(Ledger(self.study), rated=False)))
        renew_index(self.study)
        return True

    def _follow(self) -> None:
        wait = self.every
        while not self._over.wait(wait):
            began = time.monotonic()
            try:
                self.refresh()
            except Exception as error:
                why = reason(f"{type(error).__name__}: {error}")
                say(f"The page of the running study is not written any more: {why}")
                return
            wait = max(self.every, SHARE * (time.monotonic() - began))


def follow(study: Path, wait: Callable[[], object] = lambda: time.sleep(EVERY / 3)) -> Path:
    """Write a study's page as rows arrive, until no process runs the study; then the last one.

    Parameters
    ----------
    study
        Folder of the study.
    wait
        Called between two looks at the ledger.

    Returns
    -------
    Path
        Path of the page.

    Raises
    ------
    UserError
        If the folder holds no study, or if the page cannot be written there.
    """
    page, ledger = LivePage(study), Ledger(study)
    if not ledger.is_driven:
        tell(f"No process runs {study} now; its page is written once.")
    while ledger.is_driven:
        page.refresh()
        wait()
    return publish(study)
