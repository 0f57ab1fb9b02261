"""Progress that moves: redrawn in a terminal, updated in place in a notebook, absent elsewhere.

rich moves a bar in a notebook only if ipywidgets is installed, and warns otherwise. A notebook can
update a display by itself, which also works where widgets do not (nbclient, VS Code, exports).
"""

from __future__ import annotations

import io
import os
import sys
import time
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.progress import Progress, ProgressColumn

UPDATE_EVERY = 0.2
"""Seconds between two updates in a notebook; every update is a message to the browser."""
WIDTH = 100
"""Columns of a bar in a notebook."""


def is_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def stderr(*, quiet: bool = False) -> Console:
    """Return a console for stderr, which writes plain text in a notebook.

    Parameters
    ----------
    quiet
        Whether it prints nothing.

    Returns
    -------
    Console
        The console.
    """
    plain: dict[str, Any] = {"force_jupyter": False, "force_terminal": False}
    return Console(stderr=True, quiet=quiet, **(plain if is_notebook() else {}))


def is_live(console: Console) -> bool:
    """Whether a bar on this console can move.

    Parameters
    ----------
    console
        A console for stderr.

    Returns
    -------
    bool
        True for a terminal and in a notebook. $FORCE_COLOR makes no terminal of a file.
    """
    return _is_terminal(console) or (is_notebook() and not console.quiet)


def _is_terminal(console: Console) -> bool:
    forced = "FORCE_COLOR" in os.environ and console.file is sys.stderr
    return console.is_terminal and not (forced and not sys.stderr.isatty())


class LiveProgress(Progress):
    """A `rich` progress display that also moves in a notebook.

    Parameters
    ----------
    columns
        What a line shows.
    console
        Where it is shown.
    transient
        Whether it vanishes at its end; it stays in a notebook.
    silent
        Whether it is not shown at all.
    """

    def __init__(
        self,
        *columns: str | ProgressColumn,
        console: Console,
        transient: bool = False,
        silent: bool = False,
    ) -> None:
        self._cell: Any = None
        silent = silent or console.quiet
        self._in_notebook = is_notebook() and not silent
        self._next = 0.0
        terminal = _is_terminal(console) and not silent
        super().__init__(*columns, console=console, transient=transient, disable=not terminal)

    def start(self) -> None:
        """Show it."""
        super().start()
        if self._in_notebook:
            display: Any = import_module("IPython.display").display  # it has no types
            self._cell = display(self._drawn(), raw=True, display_id=True)

    def stop(self) -> None:
        """Show its last state."""
        super().stop()
        self._redraw(0.0)
        self._cell = None

    def refresh(self) -> None:
        """Show its state now."""
        super().refresh()
        self._redraw(self._next)

    def update(self, task_id: Any, **changes: Any) -> None:
        """Change a line."""
        super().update(task_id, **changes)
        self._redraw(self._next)

    def _redraw(self, earliest: float) -> None:
        if self._cell is not None and time.monotonic() >= earliest:
            self._next = time.monotonic() + UPDATE_EVERY
            self._cell.update(self._drawn(), raw=True)

    def _drawn(self) -> dict[str, str]:
        """Return the display as text."""
        text = io.StringIO()
        console = Console(file=text, width=WIDTH, force_jupyter=False, force_terminal=False)
        console.print(self.get_renderable())
        return {"text/plain": text.getvalue().rstrip()}
