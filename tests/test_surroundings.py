"""The tests pass under `nohup`, in the background, without HOME, in any locale and by any user."""

import locale
import os
import signal
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
INHERITED = {
    "LC_ALL": "C",
    "LANG": "C",
    "TZ": "Asia/Tokyo",
    "PYTHONIOENCODING": "ascii",
    "COLUMNS": "20",
    "NO_COLOR": "1",
    "FORCE_COLOR": "1",
    "RPBIND_REPORTS": "s3://bucket/reports",
    "RPBIND_ADDRESS": "192.0.2.1:1",
    "RAY_ADDRESS": "192.0.2.1:1",
    "RAY_API_SERVER_ADDRESS": "http://192.0.2.1",
    "OMP_NUM_THREADS": "0",
    "http_proxy": "http://192.0.2.1:1",
}
"""What a shell, a job script or CI may have set; HOME is not."""

IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1)
STATE = """
import os, signal
print([signal.getsignal(n) == signal.SIG_DFL for n in (signal.SIGHUP, signal.SIGTERM)])
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), oct(os.umask(0)))
print(sorted(name for name in os.environ if name.startswith("RPBIND")))
"""


def test_a_process_of_a_test_has_known_surroundings() -> None:
    state = subprocess.run(
        [sys.executable, "-c", STATE], capture_output=True, text=True, check=True
    ).stdout
    assert state == "[True, True]\nTrue\nset() 0o22\n[]\n"


def test_a_test_has_known_surroundings() -> None:
    assert not set(INHERITED.items()) & set(os.environ.items())
    assert os.environ["COLUMNS"] == "80"
    assert Path.home().name.startswith("rpbind-tests-home-")
    assert locale.getpreferredencoding().lower() == "utf-8"
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def hostile() -> None:
    """Make a process what `nohup ... &` and a careful user make of it, and worse."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)
    os.umask(0o077)


def test_what_the_tests_inherit_changes_none_of_them() -> None:
    """The suite itself, on the tests that would hang or fail if anything of it came through."""
    chosen = (
        "test_surroundings.py::test_a_process_of_a_test_has_known_surroundings",
        "test_surroundings.py::test_a_test_has_known_surroundings",
        "files/test_files_draft.py::test_a_terminated_process_leaves_no_half_folder",
    )
    kept = {k: os.environ[k] for k in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if k in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=120",
         *(str(TESTS / name) for name in chosen)],
        capture_output=True, text=True, check=False, preexec_fn=hostile, env=kept | INHERITED,
    )  # fmt: skip
    assert "4 passed" in ended.stdout, ended.stdout + ended.stderr
