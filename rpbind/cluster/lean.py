"""Start a local Ray without those of its processes that a study on one machine does not use.

`ray.init` has no option for it, so while it runs, two names within Ray are replaced. A test
checks that the installed Ray still uses them; a Ray without them starts all its processes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

try:
    from ray._private.node import Node
    from ray._private.parameter import RayParams
except ImportError:
    HAS_NAMES = False
else:
    HAS_NAMES = hasattr(Node, "start_api_server")


@contextmanager
def without_unused_processes(*, dashboard: bool, logs: bool) -> Iterator[None]:
    """Start no autoscaler, API server or log monitor in the block, unless something uses them.

    Each is a Python process that imports Ray, and Ray's start waits for the API server. Without the
    dashboard that server only collects usage statistics, which are off.

    Parameters
    ----------
    dashboard
        Whether the dashboard is wanted. Then the autoscaler is started, too: Ray Train may ask it.
    logs
        Whether the output of workers is shown, which the log monitor reads.

    Yields
    ------
    None
    """
    if not HAS_NAMES:
        yield
        return
    parameters = functools.partial(RayParams, no_monitor=not dashboard, include_log_monitor=logs)
    with patch("ray._private.parameter.RayParams", parameters):
        if dashboard:
            yield
            return
        with patch.object(Node, "start_api_server", _no_api_server):
            yield


def _no_api_server(self: Any, **asked: Any) -> None:
    """Do what Ray's method does without a dashboard, but for the process."""
    self._webui_url = ""
