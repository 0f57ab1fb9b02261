"""Tells a command or a URL that a study has ended, however it ended; it never hurts the study."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from rpbind.errors import UserError, reason
from rpbind.run import watchdog
from rpbind.verbosity import masked, tell

LIMIT = 20.0
"""Seconds after which a hook that has not ended is ended."""
STOPPED = "Stopped."


def check_notify(target: str | None) -> None:
    """Check a hook before a study begins, so that a typing error is not found at its end.

    Parameters
    ----------
    target
        The command or URL; None for none.

    Raises
    ------
    UserError
        If the URL is none of http or https, or if the command has no program.
    """
    if target is None:
        return
    if "://" in target.partition(" ")[0]:
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(
                f"--notify takes a command, or a URL that begins with http:// or https://; got "
                f"{masked(target)}."
            )
        return
    try:
        words = shlex.split(target)
    except ValueError as error:
        raise UserError(f"--notify '{target}' is no command: {error}. Check its quotes.") from None
    if not words or shutil.which(words[0]) is None:
        raise UserError(
            f"--notify names a command that this machine does not have: '{target}'. Give a program "
            "on the PATH with its arguments, or a URL."
        )


class Ending:
    """How a study ended, as it is told to a hook."""

    def __init__(self, study: Path) -> None:
        self.study = study
        self.state, self.text = "failed", ""

    def told(self, unfinished: str) -> str:
        """Take what is not done of a study that ended ("" if nothing is missing), and return it."""
        self.text = unfinished or "All planned runs are done."
        self.state = "unfinished" if unfinished else "done"
        if unfinished.startswith(STOPPED):
            self.state = "stopped"
        return unfinished

    @property
    def message(self) -> dict[str, str]:
        """What is sent: the study, its folder, how it ended, and a sentence with all of it."""
        text = f"{self.study.name}: {self.state}. {self.text}".rstrip()
        return {"study": self.study.name, "folder": str(self.study), "state": self.state,
                "text": text}  # fmt: skip


@contextlib.contextmanager
def ending(target: str | None, study: Path) -> Iterator[Ending]:
    """Tell a hook how a study has ended when the block ends, also by an error or a dead Ray.

    Parameters
    ----------
    target
        The command or URL; None for none.
    study
        Folder of the study.

    Yields
    ------
    Ending
        What the block says of its end.
    """
    end = Ending(study)

    def ray_died() -> None:
        end.text = "No Ray node is alive any more. The ledger is intact."
        notify(target, end)

    watchdog.BEFORE_LEAVING.append(ray_died)
    try:
        yield end
    except KeyboardInterrupt:
        end.state, end.text = "stopped", "Nothing was recorded."
        raise
    except BaseException as error:
        end.text = reason(str(error)) or type(error).__name__
        raise
    finally:
        watchdog.BEFORE_LEAVING.remove(ray_died)
        notify(target, end)


def notify(target: str | None, end: Ending) -> None:
    """Run a command, or post to a URL; what goes wrong is told in one line.

    A command gets the message as JSON on its stdin, and as `RPBIND_STUDY`, `RPBIND_FOLDER`,
    `RPBIND_STATE` and `RPBIND_TEXT`; a URL gets it as the body.

    Parameters
    ----------
    target
        The command or URL; None for none.
    end
        How the study ended.
    """
    if target is None:
        return
    is_url = "://" in target.partition(" ")[0]
    why: list[str] = []
    work = threading.Thread(target=_send, args=(target, end.message, why), daemon=True)
    if is_url:  # urllib limits each read of the answer, not all of them
        work.start()
        work.join(LIMIT)
        failed = f"no answer in {LIMIT:.0f} s" if work.is_alive() else "".join(why)
    else:
        failed = _run(target, end.message)
    if failed:
        shown = urlsplit(target).hostname if is_url else target
        tell(f"--notify did not work ({shown}: {failed}). The study is not affected.")


def _send(url: str, message: dict[str, str], why: list[str]) -> None:
    from urllib.request import Request, urlopen

    body = json.dumps(message).encode()
    post = Request(url, body, {"Content-Type": "application/json"}, method="POST")
    try:
        with urlopen(post, timeout=LIMIT):
            pass
    except Exception as error:
        why.append(reason(str(error)) or type(error).__name__)


def _run(command: str, message: dict[str, str]) -> str:
    """Run a command and return why it failed, or ""."""
    values = {f"RPBIND_{name.upper()}": value for name, value in message.items()}
    try:
        process = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=os.environ | values, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return str(error)
    try:
        process.communicate(json.dumps(message).encode(), timeout=LIMIT)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"not ended after {LIMIT:.0f} s"
    return f"exit code {process.returncode}" if process.returncode else ""
