"""Where a study's rows come from: its calls with their commands and machines, and its files."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rpbind.files.atomic import list_folder, read
from rpbind.findings.environments import Environment, diff_text, environments
from rpbind.findings.table import Table, table
from rpbind.ledger import Call, Ledger, Row
from rpbind.ledger.calls import calls
from rpbind.ledger.records import parse_time

STUDY_FILE = "study.toml"


@dataclass(frozen=True)
class Origin:
    """Where the rows of a study come from.

    Parameters
    ----------
    calls
        The calls of its command.
    environments
        Where each call ran; None for a call of a version that did not record it.
    call_of
        {run: number of the call, from 1, in which it ended}; runs that ended in none are left out.
    rows
        The latest row of every run.
    files
        {name: text} of the files from which the study, or a winner, can be run again.
    diffs
        {hash: changes to the checkout that are in no commit}.
    """

    calls: tuple[Call, ...]
    environments: tuple[Environment | None, ...]
    call_of: dict[str, int]
    rows: tuple[Row, ...]
    files: dict[str, str]
    diffs: dict[str, str]

    @property
    def last(self) -> Environment | None:
        """Where the latest call ran whose environment is known."""
        return next((each for each in reversed(self.environments) if each is not None), None)

    def command_of(self, run: str) -> str | None:
        """Return the command of the call in which a run ended; None if it is not known."""
        number = self.call_of.get(run)
        where = None if number is None else self.environments[number - 1]
        return None if where is None else where.command


def origin_of(ledger: Ledger) -> Origin:
    """Return where the rows of a study come from.

    Parameters
    ----------
    ledger
        The ledger of the study.

    Returns
    -------
    Origin
        Read from the study's folder.
    """
    study = ledger.study
    made, known = calls(study), environments(study)
    began = [parse_time(call.began) for call in made]
    by_call: dict[int, Environment] = {}
    for each in known:
        by_call[bisect_right(began, parse_time(each.began))] = each
    rows = tuple({row.run: row for row in ledger.attempts()}.values())
    ends = {row.run: _end(row) for row in rows}
    call_of = {run: bisect_right(began, end) for run, end in ends.items() if end is not None}
    names = sorted({each.diff for each in known if each.diff})
    return Origin(
        calls=made,
        environments=tuple(by_call.get(number) for number in range(1, len(made) + 1)),
        call_of={run: number for run, number in call_of.items() if number},
        rows=rows,
        files=_files(study),
        diffs={name: text for name in names if (text := diff_text(study, name))},
    )


def _end(row: Row) -> datetime | None:
    """Return when a run had ended, which has no fraction of a second; None if it is not known."""
    try:
        return parse_time(row.ended) + timedelta(seconds=1)
    except ValueError:
        return None


def _files(study: Path) -> dict[str, str]:
    names = [STUDY_FILE, *(file.name for file in list_folder(study, "winner*.toml"))]
    texts = {}
    for name in names:
        if (study / name).is_file():
            texts[name] = read(study / name).decode(errors="replace")
    return texts


def origin_tables(origin: Origin) -> Iterator[Table]:
    """Yield the tables of calls and of the records of runs.

    Parameters
    ----------
    origin
        Where the rows come from.

    Yields
    ------
    Table
        The calls, then a row for each run of every stage.
    """
    yield table(
        "calls",
        "The calls of the study's command, with the machine on which each ran",
        (
            ("call", "its number"),
            ("began", "when it began"),
            ("ended", "when it ended; empty if it was killed"),
            ("slots", "how many runs fitted at the same time"),
            ("command", "the command; empty for a call from Python"),
            ("commit", "commit of rpbind"),
            ("diff", "hash of the changes that are in no commit"),
            ("rpbind", "version"),
            ("python", "version"),
            ("torch", "version"),
            ("ray", "version"),
            ("platform", "operating system and kind of machine"),
            ("processor", "model of the CPU"),
            ("cores", "CPU cores that the process could use"),
            ("memory", "memory of the machine", "bytes"),
            ("gpus", "GPUs that the process saw"),
        ),
        (
            (number, call.began, call.ended, call.slots, *_machine(each))
            for number, (call, each) in enumerate(
                zip(origin.calls, origin.environments, strict=True), start=1
            )
        ),
    )
    yield _records(origin)


def _machine(each: Environment | None) -> Sequence[str | int | None]:
    if each is None:
        return (None,) * 12
    packages = each.packages
    return (
        each.command,
        each.commit,
        each.diff,
        each.rpbind,
        each.python,
        packages.get("torch", ""),
        packages.get("ray", ""),
        each.platform,
        each.processor,
        each.cores,
        each.memory or None,
        ", ".join(each.gpus),
    )


_KEYS = (
    "code",
    "commit",
    "diff",
    "torch",
    "device",
    "gpu",
    "processor",
    "threads",
    "workers",
    "executor",
)


def _records(origin: Origin) -> Table:
    return table(
        "run_records",
        "Every run of every stage: how it ended, in which call, by which code, on what",
        (
            ("run", "its name"),
            ("stage", "check, control, search or ablation"),
            ("arm", "the arm, control or trial"),
            ("seed", "the seed"),
            ("attempt", "number of the latest attempt, from 0"),
            ("state", "how it ended"),
            ("ended", "when it ended"),
            ("call", "number of the call in which it ended"),
            ("command", "the command of that call"),
            *((key, "as the run recorded it") for key in _KEYS),
            ("seconds", "wall time", "s"),
        ),
        (
            (
                row.run,
                row.stage,
                row.arm,
                row.seed,
                row.attempt,
                row.state,
                row.ended,
                origin.call_of.get(row.run),
                origin.command_of(row.run),
                *(row.provenance.get(key) for key in _KEYS),
                row.cost.get("seconds"),
            )
            for row in origin.rows
        ),
    )
