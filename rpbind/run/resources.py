"""Where a study runs: what one run is given, on which Ray, and by which executor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from rpbind.arguments import check_finite
from rpbind.errors import UserError, check_one_of

Executor = Literal["trial", "train"]


@dataclass(frozen=True)
class Resources:
    """What one run is given: `workers` processes, each with `cpus` and a share `gpus` of a GPU.

    `address` is that of a Ray cluster, None is this machine. `asked` is the executor asked for.
    `logs` names the loggers that are to hear of its epochs as well.
    """

    workers: int = 1
    cpus: int = 1
    gpus: float = 0.0
    asked: str = "auto"
    address: str | None = None
    logs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_finite("--gpus-per-run", self.gpus)

    @property
    def executor(self) -> Executor:
        """How runs are made: in the Tune trial's own process, or by a Ray Train worker group.

        `auto` takes Ray Train wherever a GPU or more than one worker is used. Raises `UserError`
        on an unknown executor, or one that cannot do what is asked.
        """
        check_one_of("--executor", self.asked, ("auto", *get_args(Executor)))
        if self.asked == "trial" and self.workers > 1:
            raise UserError(
                f"--executor trial makes a run in one process; --workers {self.workers} needs "
                "--executor train (or auto)."
            )
        if self.asked == "train" or (self.asked == "auto" and (self.workers > 1 or self.gpus)):
            return "train"
        return "trial"

    @property
    def share(self) -> dict[str, float]:
        """What one worker takes, from one node, by Ray's name of the resource."""
        each = {"CPU": float(self.cpus), "GPU": self.gpus}
        return {name: amount for name, amount in each.items() if amount}

    @property
    def needs(self) -> dict[str, float]:
        """What one run takes, over all its workers."""
        return {name: amount * self.workers for name, amount in self.share.items()}

    def words(self) -> str:
        """Say it in a line."""
        how = {"trial": "in the Tune trial's process", "train": "by Ray Train worker groups"}
        gpus = f" and {self.gpus:g} GPU" if self.gpus else ""
        return (
            f"{how[self.executor]}: {self.workers} worker(s) with {self.cpus} CPU{gpus} a run, "
            f"on {self.address or 'this machine'}"
        )
