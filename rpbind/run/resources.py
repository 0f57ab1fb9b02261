"""The resources of a study: what each run gets, on which Ray, and by which executor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from rpbind.arguments import check_finite
from rpbind.errors import UserError, check_one_of

Executor = Literal["trial", "train"]


@dataclass(frozen=True)
class Resources:
    """What each run gets, on which Ray, and by which executor.

    Parameters
    ----------
    workers
        Processes per run.
    cpus
        CPUs per worker.
    gpus
        GPUs per worker; may be a fraction.
    requested
        The executor that the user requested: "auto", "trial" or "train".
    address
        Address of a Ray cluster; None for this machine.
    logs
        Names of Ray's loggers.
    shared
        Whether `gpus` is measured before the first run, so that as many share a GPU as fit.
    """

    workers: int = 1
    cpus: int = 1
    gpus: float = 0.0
    requested: str = "auto"
    address: str | None = None
    logs: tuple[str, ...] = ()
    shared: bool = False

    def __post_init__(self) -> None:
        check_finite("--gpus-per-run", self.gpus)

    @property
    def executor(self) -> Executor:
        """ "trial" (a run in the process of its Tune trial) or "train" (a Ray Train worker group).

        "auto" uses Ray Train with a GPU or more than one worker. Raises `UserError` on an unknown
        executor, and on "trial" with more than one worker.
        """
        check_one_of("--executor", self.requested, ("auto", *get_args(Executor)))
        if self.requested == "trial" and self.workers > 1:
            raise UserError(
                f"--executor trial uses one process, which --workers {self.workers} contradicts. "
                "Use --executor train (or auto), or one worker."
            )
        if self.requested == "train" or (
            self.requested == "auto" and (self.workers > 1 or self.gpus)
        ):
            return "train"
        return "trial"

    @property
    def share(self) -> dict[str, float]:
        """What one worker takes on one node: {Ray's name of the resource: amount}."""
        each = {"CPU": float(self.cpus), "GPU": self.gpus}
        return {name: amount for name, amount in each.items() if amount}

    @property
    def needs(self) -> dict[str, float]:
        """What one run takes, summed over its workers."""
        return {name: amount * self.workers for name, amount in self.share.items()}

    def words(self) -> str:
        """Return the resources as a line for the terminal.

        Returns
        -------
        str
            Executor, workers, CPUs, GPUs and place.
        """
        executors = {"trial": "in the Tune trial's process", "train": "in Ray Train worker groups"}
        gpus = f" and {self.gpus:g} GPU" if self.gpus else ""
        return (
            f"{executors[self.executor]}: {self.workers} worker(s) per run, each with "
            f"{self.cpus} CPU{gpus}, on {self.address or 'this machine'}"
        )
