"""The command that is sent to a cluster, and what of its working directory is not sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rpbind.errors import UserError

LEFT_OUT = (
    "/data/",
    "/reports/",
    "/build/",
    "/dist/",
    ".?*",
    "venv/",
    "__pycache__/",
    "*.egg-info/",
)
"""Files of the working directory that are never sent, like those in .gitignore and .rayignore."""


@dataclass(frozen=True)
class JobRequest:
    """A command to be sent with a working directory.

    Parameters
    ----------
    command
        Program and arguments.
    reports
        Folder for the study, an absolute path on storage that the nodes share.
    working_dir
        Folder that is sent and in which the command runs.
    """

    command: tuple[str, ...]
    reports: Path
    working_dir: Path = Path()

    def __post_init__(self) -> None:
        if not self.command:
            raise UserError(
                "The command to send is missing. Give it after --: "
                "rpbind submit [OPTIONS] -- python EXPERIMENT.py ..."
            )
        if not self.reports.is_absolute():
            raise UserError(
                "--reports is an absolute path on storage that the nodes of the cluster share, "
                "because a job's own directory is lost with its cluster; got "
                f"'{self.reports}'."
            )
        if any(word.partition("=")[0] == "--reports" for word in self.command):
            raise UserError(
                "The command has its own --reports, so the study would not be where rpbind job "
                "fetch looks for it. Give --reports to rpbind submit only."
            )
        if named := [word for word in self.command if self._is_not_sent(word)]:
            raise UserError(
                f"The command names {', '.join(named)}, which is not sent with the working "
                "directory. Put it on storage that the nodes share and give that path."
            )

    def _is_not_sent(self, word: str) -> bool:
        path = Path(word.split("=", 1)[-1] if word.startswith("--") else word)
        top = path.parts[0] if path.parts and not path.is_absolute() else ""
        there = (self.working_dir / path).exists()
        return there and (top == ".." or f"/{top}/" in LEFT_OUT or top.startswith("."))
