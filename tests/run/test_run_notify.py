"""A hook is told how a study ended, and never hurts it."""

import http.server
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rpbind import terminal
from rpbind.errors import UserError
from rpbind.run import notify as notifying
from rpbind.run import watchdog
from rpbind.run.notify import check_notify, ending


def hook(folder: Path, body: str) -> str:
    """A command that runs Python; `out` is the file that it writes."""
    file = folder / "hook.py"
    file.write_text(f"import json, os, sys\nout = {str(folder / 'out.json')!r}\n{body}")
    return f"{sys.executable} {file}"


SAVES = "open(out, 'w').write(json.dumps([os.environ['RPBIND_STATE'], json.load(sys.stdin)]))"


@pytest.mark.parametrize(
    ("unfinished", "state"),
    [("", "done"), ("Not all runs are done.", "unfinished"), ("Stopped. Again.", "stopped")],
)  # fmt: skip
def test_a_command_gets_how_the_study_ended(unfinished: str, state: str, tmp_path: Path) -> None:
    with ending(hook(tmp_path, SAVES), tmp_path / "mine") as end:
        assert end.told(unfinished) == unfinished
    from_environment, message = json.loads((tmp_path / "out.json").read_text())
    assert from_environment == message["state"] == state
    assert message["study"] == "mine"
    assert message["folder"] == str(tmp_path / "mine")
    assert unfinished in message["text"]


def test_a_study_that_fails_is_told_with_its_reason_and_fails_as_before(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match="no memory"),
        ending(hook(tmp_path, SAVES), tmp_path / "mine"),
    ):
        raise UserError("no memory")
    assert "mine: failed. no memory" in (tmp_path / "out.json").read_text()


def test_a_ray_that_dies_is_told_before_the_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(watchdog.os, "_exit", left.append)
    with ending(hook(tmp_path, SAVES), tmp_path / "mine") as end:
        watchdog.leave_at_once()
        assert "No Ray node is alive" in (tmp_path / "out.json").read_text()
        end.told("")
    assert left == [75]
    assert watchdog.BEFORE_LEAVING == []


@pytest.mark.parametrize(
    ("body", "why"),
    [("sys.exit(7)", "exit code 7"), ("os.read(os.pipe()[0], 1)", "not ended after")],
    ids=["fails", "hangs"],
)
def test_a_hook_that_fails_or_hangs_is_one_line_and_the_study_ends_as_before(
    body: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(notifying, "LIMIT", 0.5 if "ended" in why else 20.0)
    with ending(hook(tmp_path, body), tmp_path / "mine") as end:
        end.told("")
    told = " ".join(capsys.readouterr().err.split())
    assert why in told
    assert told.count("--notify") == 1


def test_a_url_gets_the_message_by_post(tmp_path: Path) -> None:
    got: list[dict[str, Any]] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with ending(f"http://127.0.0.1:{server.server_port}/hook", tmp_path / "mine") as end:
            end.told("")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    (message,) = got
    assert (message["study"], message["state"]) == ("mine", "done")


def test_a_url_that_nobody_answers_is_one_line_without_its_secret_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ending("http://127.0.0.1:9/secret", tmp_path) as end:
        end.told("")
    told = capsys.readouterr().err
    assert "127.0.0.1" in told
    assert "secret" not in told


@pytest.mark.parametrize("target", ["", "no-such-program x", "ftp://host/x", "http://", "a 'b"])
def test_a_hook_that_cannot_work_is_refused_before_the_study(target: str) -> None:
    with pytest.raises(UserError, match="--notify"):
        check_notify(target)


def test_the_recorded_command_has_no_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["rpbind", "ablate", "--notify", "https://host/secret", "--seeds", "3"]
    monkeypatch.setattr(sys, "argv", words)
    assert terminal.typed_command() == "rpbind ablate --seeds 3"
    monkeypatch.setattr(sys, "argv", ["rpbind", "ablate", "--notify=https://host/secret"])
    assert terminal.typed_command() == "rpbind ablate"
