"""Known surroundings for every test and every process that it starts, wherever the suite runs.

Signal handlers, the environment, umask, locale and time zone are inherited: by the tests from a
shell, `nohup`, a cron job or CI, and by their processes from the tests.
"""

from __future__ import annotations

import locale
import os
import signal
import time
from collections.abc import Mapping

KEPT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TMPDIR")
KEPT_PREFIXES = ("PYTEST_", "COV_", "COVERAGE_", "CUDA_", "NVIDIA_")
SET = {
    "USER": f"uid-{os.getuid()}",  # the system may know no name; pytest's folder has this one
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "dumb",
    "COLUMNS": "80",
    "LINES": "24",
    "RAY_worker_niceness": "0",  # else Ray's workers wait behind all other tests
}
"""Beside HOME, an empty folder."""

DEFAULTS = (
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
)
UMASK = 0o022


def environment(inherited: Mapping[str, str], home: str) -> dict[str, str]:
    """Return the environment of the tests: what is needed of the inherited one, and `SET`.

    A list of what is kept, not of what is dropped: a variable that is not known here, as of a
    library to come, is dropped too.
    """
    kept = {k: v for k, v in inherited.items() if k in KEPT or k.startswith(KEPT_PREFIXES)}
    return kept | SET | {"HOME": home}


def known(home: str) -> None:
    """Give this process known surroundings."""
    for name in set(os.environ) - set(wanted := environment(os.environ, home)):
        del os.environ[name]
    os.environ.update(wanted)
    locale.setlocale(locale.LC_ALL, SET["LC_ALL"])
    time.tzset()
    known_answers()


def known_answers() -> None:
    """Answer signals, and make files, as a process does that nobody has told otherwise."""
    for number in DEFAULTS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python starts
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(UMASK)
