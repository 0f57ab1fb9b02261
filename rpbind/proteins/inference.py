"""How a protein language model is run: precision, and size of a batch."""

from __future__ import annotations

from dataclasses import dataclass

from rpbind.errors import UserError, did_you_mean

PRECISIONS = {"float32": "", "bfloat16": "-bf16"}
"""The suffix that a precision gives to the name of an encoder: other vectors, another name."""


@dataclass(frozen=True)
class Inference:
    """How a language model is run.

    Parameters
    ----------
    precision
        A name of `PRECISIONS`.
    batch_residues
        Most residues of a batch; None for one window at a time on a CPU, 16 windows on a GPU.
    """

    precision: str = "float32"
    batch_residues: int | None = None

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UserError(
                f"--precision must be {' or '.join(PRECISIONS)}; got {self.precision!r}."
                f"{did_you_mean(self.precision, PRECISIONS)}"
            )
        if self.batch_residues is not None and self.batch_residues < 1:
            raise UserError(
                f"--batch-residues must be a whole number from 1 on; got {self.batch_residues}."
            )

    def named(self, model: str) -> str:
        """Return the name of a model's vectors in this precision."""
        return model + PRECISIONS[self.precision]


def split_name(name: str) -> tuple[str, Inference]:
    """Return the model and the precision in the name of an encoder, such as esm2_t6_8M_UR50D-bf16.

    Parameters
    ----------
    name
        Id of an encoder.

    Returns
    -------
    (str, Inference)
        The model's name, and how it was run.
    """
    for precision, suffix in PRECISIONS.items():
        if suffix and name.endswith(suffix):
            return name.removesuffix(suffix), Inference(precision)
    return name, Inference()
