"""A Ray that starts slowly or not at all: one retry, one message, and no files left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from ray._private import node, parameter, services, worker
from ray.exceptions import AuthenticationError, RaySystemError, RpcError
from typer.testing import CliRunner

from rpbind import experiment as page
from rpbind.cli import app
from rpbind.cluster import lean, start
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question
from rpbind.design.source import DataSource
from rpbind.errors import PausedError, UserError
from rpbind.ledger import Ledger
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED
from rpbind.run import ray_tune as run
from rpbind.run.resources import Resources
from rpbind.terminal import run_experiment
from rpbind.train.opened import OpenData

SLOW = Exception(
    "The current node timed out during startup. This could happen because some of the raylet "
    "failed to startup or the GCS has become overloaded."
)
"""The error that Ray raises after its 30 seconds, word for word."""
LATE = (SLOW, RuntimeError("Failed to start the GCS"), TimeoutError(), RpcError("late", 14))
WRONG = (
    ValueError("AF_UNIX path length cannot exceed 107 bytes: /tmp/very/long"),
    AuthenticationError("Token authentication is enabled but no token was found"),
    PermissionError(13, "Permission denied", "/tmp/ray"),
)


@pytest.fixture
def inits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Make `ray.init` raise these errors, one per call; returns the addresses of the calls."""

    def raising(*errors: BaseException | None) -> list[str]:
        calls: list[str] = []

        def init(address: str, **options: Any) -> None:
            calls.append(address)
            if error := errors[len(calls) - 1]:
                raise error

        monkeypatch.setattr(ray, "init", init)
        return calls

    return raising


@pytest.mark.parametrize("error", LATE, ids=repr)
def test_a_second_try_to_start_ray_is_announced_once(
    error: Exception, inits: Callable[..., list[str]]
) -> None:
    messages: list[str] = []
    calls = inits(error, None)
    start.start_local(messages.append)
    assert calls == ["local", "local"]
    assert len(messages) == 1
    assert f"{start.STARTUP_WAITS[1]} s" in messages[0]


@pytest.mark.parametrize("error", LATE, ids=repr)
def test_a_ray_that_fails_to_start_twice_is_a_pause_and_not_a_mistake(
    error: Exception, inits: Callable[..., list[str]]
) -> None:
    calls = inits(error, error)
    with pytest.raises(PausedError, match=r"twice.*[Nn]othing was run or lost"):
        start.start_local(lambda sentence: None)
    assert len(calls) == 2


@pytest.mark.parametrize("error", WRONG, ids=repr)
def test_a_wrong_setting_of_ray_is_refused_without_a_second_try(
    error: Exception, inits: Callable[..., list[str]]
) -> None:
    calls = inits(error)
    with pytest.raises(UserError, match="Ray cannot start on this machine"):
        start.start_local(lambda sentence: None)
    assert len(calls) == 1


def test_the_second_try_waits_longer_than_rays_own_30_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ray looks for its node for up to 30 s; in this test the node appears after 100 s."""
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))

    def slow(*arguments: object) -> str:
        if clock[0] < 100:
            raise RuntimeError("no such node")
        return "the node"

    monkeypatch.setattr(services, "get_node", slow)
    with start._startup_wait(start.STARTUP_WAITS[0]), pytest.raises(RuntimeError):
        services.get_node("gcs", "node")
    with start._startup_wait(start.STARTUP_WAITS[1]):
        assert services.get_node("gcs", "node") == "the node"
    assert services.get_node is slow
    assert "ray._private.services.get_node(" in Path(node.__file__).read_text()


@pytest.mark.parametrize("shown", [False, True])
def test_a_ray_without_a_dashboard_starts_no_process_that_nothing_uses(shown: bool) -> None:
    """The calls that are replaced are still those of the installed Ray."""
    assert "ray._private.parameter.RayParams(" in Path(worker.__file__).read_text()
    assert "self.start_api_server(" in Path(node.__file__).read_text()
    own = parameter.RayParams, node.Node.start_api_server
    with lean.without_unused_processes(dashboard=False, logs=shown):
        asked = parameter.RayParams()
        assert (asked.no_monitor, asked.include_log_monitor) == (True, shown)
        head = SimpleNamespace(_webui_url=None)
        node.Node.start_api_server(head, include_dashboard=False, raise_on_failure=False)
        assert head._webui_url == ""
    assert (parameter.RayParams, node.Node.start_api_server) == own
    with lean.without_unused_processes(dashboard=True, logs=shown):
        assert not parameter.RayParams().no_monitor
        assert node.Node.start_api_server is own[1]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionError("Failed to connect to Ray cluster at 10.0.0.1:6379"), UserError),
        (AuthenticationError("Invalid token"), UserError),
        (RuntimeError("Version mismatch: The cluster was started with Ray: 2.9"), PausedError),
        (RpcError("Timed out while waiting for GCS to become available.", 4), PausedError),
        (Exception("Head node temp_dir not found in NodeInfo"), PausedError),
    ],
    ids=repr,
)
def test_a_cluster_that_cannot_be_joined_is_named(
    error: Exception,
    kind: type[Exception],
    inits: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for check in ("check_cluster", "_check_reachable"):
        monkeypatch.setattr(start, check, lambda address: None)
    calls = inits(error)
    with pytest.raises(kind, match=r"The Ray cluster at 10\.0\.0\.1:6379"):
        start.join("10.0.0.1:6379")
    assert calls == ["10.0.0.1:6379"]


def experiment_of_one_arm(data: Path, reports: Path) -> Callable[[], None]:
    """Return the main function of an experiment with one arm."""

    def main() -> None:
        recipe = narrowed(FIXED, 8).with_({"train.epochs": 1})
        page.conduct(
            "toy",
            Question("Does it start?", "Yes.", "None."),
            Design("one", (arm("fixed", recipe, "alone"),), ()),
            page.RunOptions(
                source=DataSource(OpenData(data), SplitSpec("cold-rna", (50, 25, 25))),
                seeds=1,
                resources=Resources(),
                reports=reports,
                name="toy",
            ),
        )

    return main


def run_main(main: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["toy.py"])
        with pytest.raises(SystemExit) as ended:
            run_experiment(main)
    return ended.value.code, capsys.readouterr().err


def test_a_study_whose_ray_does_not_start_exits_with_75_and_leaves_no_folder(
    inits: Callable[..., list[str]],
    tiny: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    inits(SLOW, SLOW)
    code, message = run_main(experiment_of_one_arm(tiny, tmp_path / "a" / "reports"), capsys)
    assert code == 75, message
    assert "The current node timed out during startup" in message
    assert "the same command can be given again" in message
    assert "Traceback" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [RaySystemError("gone"), RpcError("late", 14)], ids=repr)
def test_a_study_whose_ray_dies_before_the_first_run_exits_with_75_and_leaves_no_folder(
    error: Exception,
    tiny: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "_start", lambda where: None)

    def gone(where: Resources) -> int:
        raise error

    monkeypatch.setattr(run, "at_once", gone)
    code, message = run_main(experiment_of_one_arm(tiny, tmp_path / "reports"), capsys)
    assert code == 75, message
    assert "has stopped answering" in message
    assert list(tmp_path.iterdir()) == []


def test_status_names_the_command_of_a_study_that_was_killed_before_its_first_run(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    whose = '{"host": "h", "pid": 1, "command": "python tune.py", "since": "noon"}'
    (folder / "driver").write_text(whose)
    message = str(CliRunner().invoke(app, ["status", str(folder)]).exception)
    assert "holds no study" in message
    assert "python tune.py" in message
    with Ledger(folder).drive("python tune.py --again"):
        message = str(CliRunner().invoke(app, ["status", str(folder)]).exception)
        assert "python tune.py --again" in message


def test_a_folder_with_files_of_others_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with Ledger(tmp_path).drive("python tune.py"):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_ray_without_the_names_that_are_replaced_starts_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = parameter.RayParams, node.Node.start_api_server
    monkeypatch.setattr(lean, "HAS_NAMES", False)
    with lean.without_unused_processes(dashboard=False, logs=False):
        assert (parameter.RayParams, node.Node.start_api_server) == before
