"""Studies sent to a real job server."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from real_cluster import HERE, ROOT
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.errors import UserError
from rpbind.ledger import Ledger


def rpbind(*words: object) -> tuple[int, str]:
    """Run `rpbind` and return its exit code and output."""
    output_of_second = CliRunner().invoke(app, [str(word) for word in words])
    if output_of_second.exception is not None and not isinstance(
        output_of_second.exception, SystemExit
    ):
        raise output_of_second.exception
    return output_of_second.exit_code, output_of_second.output


@pytest.fixture
def submission(
    job_server: str, shared: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[object], list[object]]:
    """Arguments that send the toy experiment, and the option with the job server's address."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    server_options: list[object] = ["--address", job_server]
    page = ["--", "python", "page.py", "--data", shared / "world"]
    return ["submit", *server_options, "--reports", shared / "reports", *page], server_options


def job_of(output: str) -> str:
    return next(line.split()[-1] for line in output.splitlines() if line.startswith("job "))


def test_a_study_sent_without_its_data_gives_its_exit_code_and_its_report(
    submission: tuple[list[object], list[object]], shared: Path, tmp_path: Path
) -> None:
    submit, server_options = submission
    code, output = rpbind(*submit, "--name", "good")
    assert code == 0, output
    assert "here: page.py\n" in output
    assert f"report: {shared / 'reports' / 'good' / 'index.html'}" in output
    assert "shared by 1 node(s)" in output
    code, output_of_second = rpbind(
        "job", "fetch", job_of(output), "--out", tmp_path / "home", *server_options
    )
    assert code == 0, output_of_second
    home = tmp_path / "home" / "good"
    assert Ledger(home).rows() == Ledger(shared / "reports" / "good").rows()
    assert (home / "index.html").read_bytes() == (
        shared / "reports" / "good" / "index.html"
    ).read_bytes()
    assert not (home / "runs").exists()
    with pytest.raises(UserError, match="exists already"):
        rpbind("job", "fetch", job_of(output), "--out", tmp_path / "home", *server_options)


STUDY = """
data = "{data}"
reference = "fixed"
controls = "off"
seeds = 1
epochs = 1
narrower = 16
[changes.no-residual]
"model.residual" = false
"""


def bits(study: Path) -> dict[str, dict[str, object]]:
    """Everything of a study's rows but times and places."""
    rows = [row for stage in ("ablation", "control") for row in Ledger(study).rows(stage)]
    kept = {"cost", "provenance", "ended"}
    return {row.run: row.model_dump(exclude=kept) for row in rows}


def test_a_study_is_the_same_from_python_its_file_an_experiment_and_a_job(
    job_server: str, shared: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fingerprint, and equal ledgers, to the bit."""
    monkeypatch.chdir(project)
    Path("study.toml").write_text(STUDY.format(data=shared / "world"))
    run = [sys.executable, HERE / "four_ways.py", shared / "world", "study.toml"]
    ended = subprocess.run(
        [str(word) for word in (*run, ROOT / "experiments" / "ablate.py", tmp_path / "here")],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    command = ["python", "-m", "rpbind", "run", "study.toml", "--name", "study"]
    sent = ["--address", job_server, "--reports", shared / "sent"]
    code, output = rpbind("submit", *sent, "--", *command)
    assert code == 0, output
    first, *others = [
        *(tmp_path / "here" / way / "study" for way in ("python", "file", "experiment")),
        shared / "sent" / "study",
    ]
    assert {row["state"] for row in bits(first).values()} == {"done"}
    assert {Ledger(study).plan.fingerprint for study in others} == {Ledger(first).plan.fingerprint}
    for study in others:
        assert bits(study) == bits(first)


def test_a_sent_study_with_a_run_that_is_not_done_exits_with_3(
    submission: tuple[list[object], list[object]],
) -> None:
    submit, server_options = submission
    code, output = rpbind(*submit, "--name", "wild", "--wild")
    assert code == 3, output
    assert "other seed 0: diverged" in output
    code, output_of_second = rpbind("job", "status", job_of(output), *server_options)
    assert "failed" in output_of_second
    assert "exit code 3" in output_of_second


def test_a_job_sent_with_no_wait_can_be_stopped_and_keeps_its_finished_runs(
    submission: tuple[list[object], list[object]], shared: Path, job_server: str
) -> None:
    from rpbind.cluster import jobs

    submit, server_options = submission
    code, output = rpbind(submit[0], "--no-wait", *submit[1:], "--name", "long", "--long")
    assert code == 0, output
    client = jobs.connect(job_server)
    asyncio.run(_until(client, job_of(output), "1/2 calm seed 0: done"))
    code, output_of_second = rpbind("job", "stop", job_of(output), *server_options)
    assert "is being stopped" in output_of_second
    assert jobs.wait_until_ended(client, job_of(output)).status == "STOPPED"
    states = {row.arm: row.state for row in Ledger(shared / "reports" / "long").rows()}
    assert states in ({"calm": "done"}, {"calm": "done", "other": "stopped"})
    code, output_of_second = rpbind("job", "logs", job_of(output), *server_options)
    assert code == 1
    assert "storage " in output_of_second


async def _until(client: object, job: str, word: str) -> None:
    """Follow a job's output until it contains a word."""
    text = ""
    async for more in client.tail_job_logs(job):  # type: ignore[attr-defined]
        text += more
        if word in text:
            return
    raise AssertionError(f"the job's output lacks {word!r}: {text}")


def test_a_command_that_names_a_file_which_is_not_sent_is_refused(project: Path) -> None:
    from rpbind.cluster.job_request import JobRequest

    for word in ("data/big.bin", "--data=reports/old", ".secret"):
        with pytest.raises(UserError, match=r"names .*, which is not sent"):
            JobRequest(("python", "page.py", word), Path("/shared"), project)
    assert JobRequest(("python", "page.py", "--data", "/shared/world"), Path("/shared"), project)


def test_reports_below_the_jobs_own_directory_are_refused(project: Path) -> None:
    from rpbind.cluster.job_request import JobRequest

    with pytest.raises(UserError, match=r"absolute path .* got 'reports'"):
        JobRequest(("python", "page.py"), Path("reports"), project)


def test_an_address_without_a_job_server_is_refused() -> None:
    with pytest.raises(UserError, match=r"No job server answers at 127\.0\.0\.1:1 "):
        rpbind("job", "status", "x", "--address", "http://127.0.0.1:1")
