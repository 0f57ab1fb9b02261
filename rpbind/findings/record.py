"""`findings.json`: everything that a study found, as one record with a documented schema."""

from __future__ import annotations

from pydantic import Field

from rpbind.errors import check_one_of
from rpbind.findings.environments import Environment
from rpbind.findings.table import Cell, Table
from rpbind.ledger.records import Record

FILE = "findings.json"
VERSION = 1
"""Version of the schema. A field may be added within a version; none changes its meaning."""

Records = list[dict[str, Cell]]


class Hashes(Record):
    """What a result depends on, by hash."""

    plan: str = Field(description="fingerprint of the plan: recipes, seeds, data, split, code")
    dataset: str = Field(description="name and hash of the dataset")
    split: str = Field(description="name and hash of the split")
    code: str = Field(description="hash of the code that rows depend on")
    rows: str = Field(description="hash over the latest rows of the ledger")


class Health(Record):
    """Whether to believe the numbers: what ran, what was found, what is missing."""

    planned: int = Field(description="number of planned runs")
    done: int = Field(description="number of runs that are done")
    complete: bool = Field(description="whether all planned runs are done")
    coverage: str = Field(description="how many planned runs are done, in words")
    alerts: list[str] = Field(description="what has no result at all, and what to run")
    banners: list[str] = Field(description="what to know before reading a number")
    remarks: list[str] = Field(description="remarks on the files of the ledger")
    findings: Records = Field(description="records of the table findings")
    failures: Records = Field(description="records of the table failures")
    training_seconds: float = Field(description="training time of all runs, in seconds")


class Findings(Record):
    """What a study found. All differences and intervals are in AUROC; null: there is none."""

    version: int = Field(description="version of this schema", alias="schema")
    rpbind: str = Field(description="version of rpbind that wrote it")
    study: str = Field(description="name of the study")
    name: str = Field(description="the user's name for it; empty without one")
    question: str = Field(description="what it asks")
    prediction: str = Field(description="the expected answer, in words")
    answer: list[str] = Field(description="what the contrasts say, in sentences, the first first")
    rule: str = Field(description="how the answer is decided")
    design: str = Field(description="which design chose the arms")
    smoke: bool = Field(description="whether it is a quick run, whose numbers are no result")
    interim: bool = Field(description="whether it was running: then nothing has a verdict")
    created: str = Field(description="when the study began, in ISO 8601")
    updated: str = Field(description="when its latest run ended, in ISO 8601; empty without one")
    command: str = Field(description="the command that made it")
    seeds: list[int] = Field(description="the seeds of every arm")
    delta: float = Field(description="largest difference that counts as negligible, in AUROC")
    predictions: Records = Field(description="records of the table predictions")
    contrasts: Records = Field(description="records of the table verdicts")
    claims: Records = Field(description="records of the table claims")
    arms: Records = Field(description="records of the table arms")
    baselines: Records = Field(description="records of the table baselines")
    retrained: Records = Field(description="records of the table retrained")
    winners: Records = Field(description="records of the table winners: what searches found")
    health: Health
    provenance: dict[str, dict[str, int]] = Field(description="{what: {value: number of runs}}")
    environment: Environment | None = Field(description="where the latest call of the study ran")
    hashes: Hashes
    methods: str = Field(description="a paragraph on what was done")
    methods_with_numbers: str = Field(description="the same with the results")
    tables: list[Table] = Field(description="every table of the report; those without rows, too")

    def table(self, name: str) -> Table:
        """Return one table.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        Table
            The table.

        Raises
        ------
        UserError
            If there is no such table; it names the nearest.
        """
        by_name = {each.name: each for each in self.tables}
        check_one_of("A table", name, by_name)
        return by_name[name]

    def json_text(self, indent: int | None = 1) -> str:
        """Return the record as JSON."""
        return self.model_dump_json(indent=indent, by_alias=True)
