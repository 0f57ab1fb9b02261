"""Studies sent to a real job server."""

import asyncio
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rpbind.cli import app
from rpbind.errors import UserError
from rpbind.ledger import Ledger


def rpbind(*words: object) -> tuple[int, str]:
    """Run `rpbind`; returns its exit code and all that it said."""
    told = CliRunner().invoke(app, [str(word) for word in words])
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        raise told.exception
    return told.exit_code, told.output


@pytest.fixture
def sent(
    job_server: str, shared: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[object], list[object]]:
    """The words that send the toy page, and those that name the job server."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    at: list[object] = ["--address", job_server]
    page = ["--", "python", "page.py", "--data", shared / "world"]
    return ["submit", *at, "--reports", shared / "reports", *page], at


def job_of(output: str) -> str:
    return next(line.split()[-1] for line in output.splitlines() if line.startswith("job "))


def test_a_study_is_sent_without_data_and_gives_its_exit_code_and_its_report(
    sent: tuple[list[object], list[object]], shared: Path, tmp_path: Path
) -> None:
    submit, at = sent
    code, output = rpbind(*submit, "--name", "good")
    assert code == 0, output
    assert "here: page.py\n" in output
    assert f"report: {shared / 'reports' / 'good' / 'index.html'}" in output
    assert "shared by 1 node(s)" in output
    code, told = rpbind("job", "fetch", job_of(output), "--out", tmp_path / "home", *at)
    assert code == 0, told
    home = tmp_path / "home" / "good"
    assert Ledger(home).rows() == Ledger(shared / "reports" / "good").rows()
    assert (home / "index.html").read_bytes() == (
        shared / "reports" / "good" / "index.html"
    ).read_bytes()
    assert not (home / "runs").exists()
    with pytest.raises(UserError, match="exists already"):
        rpbind("job", "fetch", job_of(output), "--out", tmp_path / "home", *at)


def test_a_study_with_a_run_that_is_not_done_gives_3(
    sent: tuple[list[object], list[object]],
) -> None:
    submit, at = sent
    code, output = rpbind(*submit, "--name", "wild", "--wild")
    assert code == 3, output
    assert "other seed 0: diverged" in output
    code, told = rpbind("job", "status", job_of(output), *at)
    assert "failed" in told
    assert "exit code 3" in told


def test_a_job_that_is_not_waited_for_can_be_stopped_and_keeps_what_is_done(
    sent: tuple[list[object], list[object]], shared: Path, job_server: str
) -> None:
    from rpbind.cluster import jobs

    submit, at = sent
    code, output = rpbind(submit[0], "--no-wait", *submit[1:], "--name", "long", "--long")
    assert code == 0, output
    client = jobs.connect(job_server)
    asyncio.run(_until(client, job_of(output), "1/2 calm seed 0: done"))
    code, told = rpbind("job", "stop", job_of(output), *at)
    assert "is being stopped" in told
    assert jobs.ended(client, job_of(output)).status == "STOPPED"
    states = {row.arm: row.state for row in Ledger(shared / "reports" / "long").rows()}
    assert states in ({"calm": "done"}, {"calm": "done", "other": "stopped"})
    code, told = rpbind("job", "logs", job_of(output), *at)
    assert code == 1
    assert "storage " in told


async def _until(client: object, job: str, word: str) -> None:
    """Follow a job's output until it says a word."""
    text = ""
    async for more in client.tail_job_logs(job):  # type: ignore[attr-defined]
        text += more
        if word in text:
            return
    raise AssertionError(f"the job ended without saying {word!r}: {text}")


def test_what_is_not_sent_cannot_be_named_by_the_command(project: Path) -> None:
    from rpbind.cluster.jobs import Order

    for word in ("data/big.bin", "--data=reports/old", ".secret"):
        with pytest.raises(UserError, match=r"names .*, which is not sent"):
            Order(("python", "page.py", word), Path("/shared"), project)
    assert Order(("python", "page.py", "--data", "/shared/world"), Path("/shared"), project)


def test_reports_below_the_jobs_own_directory_are_refused(project: Path) -> None:
    from rpbind.cluster.jobs import Order

    with pytest.raises(UserError, match=r"absolute path .* got 'reports'"):
        Order(("python", "page.py"), Path("reports"), project)


def test_an_address_where_nobody_answers_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"No job server answers at 127\.0\.0\.1:1 "):
        rpbind("job", "status", "x", "--address", "http://127.0.0.1:1")
