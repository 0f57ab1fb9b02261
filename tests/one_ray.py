"""One Ray for all tests of a process that need some Ray, and not a new one.

A test, or a fixture that it asks for, names the fixture `one_ray`. The first study that it runs
starts Ray as every study does, and instead of shutting it down leaves it to the next test that
names the fixture. Before any other test, and when the process ends, it is shut down by the process
that started it.
"""

from __future__ import annotations

import sys
from typing import Any

FIXTURE = "one_ray"

_stays = False


def before(fixtures: list[str]) -> None:
    """Keep Ray during a test with these fixtures, or shut it down before one without `one_ray`."""
    global _stays
    _stays = FIXTURE in fixtures
    if _stays:
        _leave_it_running()
    else:
        end()


def end() -> None:
    """Shut down the Ray that is left running."""
    global _stays
    _stays = False
    if start := sys.modules.get("rpbind.cluster.start"):
        start.CONNECTION.leave()


def _leave_it_running() -> None:
    from rpbind.cluster.start import Connection

    own = Connection.leave
    if getattr(own, "unless_it_stays", False):
        return

    def leave(connection: Any) -> None:
        if not _stays:
            own(connection)

    leave.unless_it_stays = True  # type: ignore[attr-defined]
    Connection.leave = leave  # type: ignore[method-assign]
