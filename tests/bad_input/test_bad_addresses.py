"""Addresses where Ray is not, resources that are not there, and what else a dry run must refuse.

Each is answered within seconds, without Ray: the probe of an address is given half a second here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bad_input import Case, check
from listeners import CHECK_ALIVE, CLUSTER_INFO, all_of_them, speaks_grpc

from rpbind.cluster import address as at

URL = ("URL of Ray's dashboard", "http://127.0.0.1:8265")
FORMS = ("host:port that `ray start` prints", "ray://", "auto")
SENDS = "submit --reports /shared --address {} -- python page.py"
OF_JOBS = ("job logs x --address {}", "job fetch x --address {}")
MORE = ("job status x --address {}", "job stop x --address {}")
EVERY = (SENDS, *OF_JOBS, *MORE)
TUNE = "tune.py --data {tiny} --epochs 1 --trials 2"
PAGES = (TUNE, "ablate.py --data {tiny}", "e01_did_the_fix_fix_it.py --data {tiny}")


def jobs(address: str, *says: str, commands: tuple[str, ...] = (SENDS, *OF_JOBS)) -> Iterator[Case]:
    for command in commands:
        line = f"rpbind {command}".replace("{}", f"'{address}'")
        yield Case(f"{' '.join(command.split()[:2])} at '{address}'", line, says)


def runs(options: str, *says: str, commands: tuple[str, ...] = (TUNE,)) -> Iterator[Case]:
    """A run and its dry run, which are refused alike."""
    for command in commands:
        for dry in ("", " --dry-run"):
            name = f"{command.split()[0]}{dry} {options[:60]}"
            yield Case(name, f"{command} {options}{dry}", says)


CASES = [
    *jobs("{cluster}", "is the port of a Ray cluster", *URL, commands=EVERY),
    *jobs("http://{cluster}", "is the port of a Ray cluster", *URL),
    *jobs("{client}", "is the port of Ray's client server", *URL),
    *jobs("ray://{client}", "got 'ray://", *URL),
    *jobs("{grpc}", "a service that is not Ray's", *URL),
    *jobs("{web}", "a web server that is not Ray's dashboard", *URL),
    *jobs("http://{web}", "a web server that is not Ray's dashboard", *URL),
    *jobs("{silent}", "says nothing within", *URL),
    *jobs("http://{silent}", "no answer within", *URL),
    *jobs("{closed}", "No job server answers at {closed} (nothing listens there)", *URL),
    *jobs("http://{closed}", "No job server answers at {closed} (nothing listens there)", *URL),
    *jobs("https://{closed}", "No job server answers at https://{closed}", *URL),
    *jobs("auto", "got 'auto'", *URL),
    *jobs("local", "got 'local'", *URL),
    *jobs("nonsense", "got 'nonsense'", *URL, commands=EVERY),
    *jobs("", "empty, after --address"),
    *jobs("127.0.0.1:99999", "got '127.0.0.1:99999'", *URL),
    *jobs("ftp://127.0.0.1:21", "got 'ftp://127.0.0.1:21'", *URL),
    *jobs("http://user:secret@{closed}", "nothing listens there", *URL),
    *jobs("http://no-such-host.invalid:8265", "no host has this name", *URL),
    *jobs("{dashboard}", "knows no job x", commands=(*OF_JOBS, *MORE)),
    *jobs("http://{dashboard}/", "knows no job x", commands=(*OF_JOBS, *MORE)),
    Case("an ID with a slash", "rpbind job logs a/b --address {dashboard}", ("got 'a/b'",)),
    Case("an empty ID", "rpbind job status '' --address {dashboard}", ("empty, after status",)),
    *runs("--address {dashboard}", "port of a Ray dashboard", *FORMS, commands=PAGES),
    *runs("--address http://{dashboard}", "a dashboard's URL", "`rpbind submit", *FORMS),
    *runs("--address {client}", "is the port of Ray's client server", *FORMS),
    *runs("--address ray://{cluster}", "is the port of a Ray cluster", *FORMS),
    *runs("--address {grpc}", "a service that is not Ray's", *FORMS),
    *runs("--address {web}", "a web server", *FORMS),
    *runs("--address {silent}", "says nothing within", *FORMS),
    *runs("--address {closed}", "at {closed} (nothing listens there)", *FORMS, commands=PAGES),
    *runs("--address ray://{closed}", "No Ray cluster answers at {closed}", *FORMS),
    *runs("--address nonsense", "got 'nonsense'", "Leave it out to run", commands=PAGES),
    *runs("--address ''", "empty, after --address"),
    *runs("--address local", "got 'local'", *FORMS),
    *runs("--address 127.0.0.1:x", "got '127.0.0.1:x'", *FORMS),
    *runs("--address no-such-host.invalid:6379", "no host has this name", *FORMS),
    *runs("--gpus-per-run 1000", "One run needs", "1000 GPU", "this machine"),
    *runs("--workers 500 --cpus-per-worker 64", "64 CPU on one node, 500 times", commands=PAGES),
    *runs("--cpus-per-worker 99999", "99999 CPU", "Ask for less"),
    *runs("--gpus-per-run 3 --workers 2", "whole GPUs or a part of one"),
    *runs(f"--name {'n' * 300}", "at most 100 bytes", "has 300", commands=PAGES),
    *runs("--name a/b", "--name must", "got 'a/b'"),
    *runs("--reports windows.tsv", "windows.tsv is not a folder"),
    *runs("--reports s3://bucket/x", "the URL s3:/bucket/x"),
    *runs(f"--reports {'d/' * 1950}", "The path of", "Use another --reports"),
    *runs("--log tensorbord", "'tensorboard'?"),
    *runs("--storage nonsense", "--storage nonsense cannot be opened"),
    *runs("--storage sqlite:////nowhere/s.db", "cannot be opened"),
    *runs("--executor ray", "executor", "one of auto, trial, train"),
]  # fmt: skip


@pytest.fixture(scope="module")
def there(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The words that stand for something: addresses, and a world that experiments may write to."""
    world = shutil.copytree(tiny, tmp_path_factory.mktemp("addresses") / "world")
    with all_of_them() as addresses:
        yield addresses | {"tiny": str(world)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_cannot_be_run_or_reached_is_answered_in_a_sentence(
    case: Case,
    there: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(at, "TIMEOUT", 0.5)
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS", "RPBIND_ADDRESS", "RPBIND_REPORTS"):
        monkeypatch.delenv(name, raising=False)
    command, *says = (_filled(text, there) for text in (case.command, *case.says))
    filled = replace(case, command=command, says=tuple(says), never=("secret",))
    check(filled, tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize(("scheme", "method"), [("", CHECK_ALIVE), ("ray", CLUSTER_INFO)])
def test_a_token_that_is_missing_or_wrong_is_found_out_before_ray_is_asked(
    scheme: str, method: str
) -> None:
    with speaks_grpc(method, token="right") as port:
        place = at.ServiceAddress(scheme, "127.0.0.1", port)
        at.check_cluster(f"ray://{place.words}" if scheme else place.words)
        assert at.is_token_refused(place, {})
        assert at.is_token_refused(place, {"Authorization": "Bearer wrong"})
        assert not at.is_token_refused(place, {"Authorization": "Bearer right"})


def _filled(text: str, there: dict[str, str]) -> str:
    for name, value in there.items():
        text = text.replace(f"{{{name}}}", value)
    return text
