"""Explain one window: effects of substitutions, the span with the largest ones, attention.

Shapes: L nucleotides, S keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from rpbind.data.alphabet import MOST_N, decode, encode, n_share
from rpbind.data.clusters import Progress, silent
from rpbind.errors import UserError
from rpbind.logos.picture import Picture
from rpbind.saved.known import ProteinContext
from rpbind.use.attention import AttentionMap, attention_map
from rpbind.use.experiments import with_experiments
from rpbind.use.mutagenesis import SUBSTITUTES, Mutagenesis, mutate
from rpbind.use.score import inputs_of_proteins, logits_of, with_windows
from rpbind.use.trained import TrainedModel
from rpbind.use.window_lengths import check_readable


@dataclass(frozen=True)
class Pair:
    """One window and one protein.

    Parameters
    ----------
    rna
        Letters of the window.
    protein
        Name of the protein in the FASTA.
    proteins
        FASTA file with the protein's sequence; None if the model knows the protein.
    weights
        The weights, or the file of vectors, that the model was trained with, if it was.
    """

    rna: str
    protein: str
    proteins: Path | None = None
    weights: Path | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the model does with a window.

    Parameters
    ----------
    letters
        The window, in upper case with U.
    protein
        Name of the protein.
    mutagenesis
        Change of the logit by each substitution.
    span
        Start and stop, from 0, of the span with the largest mean effect.
    attention
        The attention, or None if it cannot explain anything.
    refusal
        Why it cannot; "" if there is attention.
    context
        What is known of the model on this protein.
    calibrated
        Calibrated probability.
    """

    letters: str
    protein: str
    mutagenesis: Mutagenesis
    span: tuple[int, int]
    attention: AttentionMap | None
    refusal: str
    context: ProteinContext
    calibrated: float


def explain_window(
    trained: TrainedModel, pair: Pair, width: int = 8, progress: Progress = silent
) -> Explanation:
    """Explain one window.

    Parameters
    ----------
    trained
        The model.
    pair
        The window and the protein.
    width
        Length of the top span, in nucleotides.
    progress
        Called with the batches done and their total.

    Returns
    -------
    Explanation
        Effects of substitutions, top span and attention.

    Raises
    ------
    UserError
        If the window has a length that the model cannot read, a letter that is not RNA or too many
        N, or if the protein is unknown.
    """
    tokens_L = encode(pair.rna)
    check_readable(trained, np.array([len(tokens_L)]), lambda row: "--rna")
    if (share := float(n_share(tokens_L[None])[0])) > MOST_N:
        raise UserError(
            f"{share:.0%} of the letters of --rna are N, and at most {MOST_N:.0%} are allowed. "
            "Give a window with more known letters."
        )
    sequence = trained.proteins_table(pair.proteins).find(pair.protein)
    encoder = trained.encoder(pair.weights)
    with inputs_of_proteins({pair.protein: sequence}, encoder) as proteins:
        inputs = with_experiments(trained, proteins)

        def score(rna_ML: np.ndarray) -> np.ndarray:
            mutants = with_windows(inputs, rna_ML, np.zeros(len(rna_ML), dtype=np.int32))
            return logits_of(trained.model, mutants, progress)

        mutagenesis = mutate(tokens_L, score)
        one = with_windows(inputs, tokens_L[None], np.zeros(1, dtype=np.int32))
        attention = attention_map(trained, one)
    return Explanation(
        letters=decode(tokens_L),
        protein=pair.protein,
        mutagenesis=mutagenesis,
        span=mutagenesis.top_span(width),
        attention=None if isinstance(attention, str) else attention,
        refusal=attention if isinstance(attention, str) else "",
        context=trained.context(pair.protein, sequence),
        calibrated=float(trained.calibration.probability(np.array([mutagenesis.logit]))[0]),
    )


def sentences(explanation: Explanation) -> list[str]:
    """Describe an explanation in words, and how far to trust it.

    Parameters
    ----------
    explanation
        The explanation.

    Returns
    -------
    list[str]
        Sentences on the logit, the protein, the top span and the attention.
    """
    known = explanation.context
    training = "seen in training" if known.seen else "not seen in training"
    auroc = "unknown" if known.auroc is None else f"{known.auroc:.3f}"
    return [
        f"Logit {explanation.mutagenesis.logit:+.3f}; calibrated probability "
        f"{explanation.calibrated:.3f}.",
        f"{explanation.protein} was {training}; the model's validation AUROC on it is {auroc}.",
        _span_sentence(explanation),
        f"Attention is refused as an explanation: {explanation.refusal}"
        if explanation.attention is None
        else "Making the attention uniform changes the logit by "
        f"{explanation.attention.change_if_uniform:+.3f}: an attention map can explain no more "
        "than that.",
    ]


def _span_sentence(explanation: Explanation) -> str:
    """Describe where substitutions change the logit most, or that none changes it."""
    if explanation.mutagenesis.is_flat:
        return (
            "The map is flat: no substitution changes the logit. The model does not use the "
            "letters of this window, and there is no top span."
        )
    start, stop = explanation.span
    effect_L = explanation.mutagenesis.effect_L
    outside_L = np.delete(effect_L, np.arange(start, stop))
    return (
        f"Top span: {start + 1}-{stop} {explanation.letters[start:stop]}. A substitution in it "
        f"changes the logit by {effect_L[start:stop].mean():.3f} on average"
        + (f", elsewhere by {outside_L.mean():.3f}." if len(outside_L) else ".")
    )


def as_table(explanation: Explanation) -> pa.Table:
    """Return an explanation as a table with one row per nucleotide.

    Parameters
    ----------
    explanation
        The explanation.

    Returns
    -------
    pyarrow.Table
        Position, letter, change of the logit by each letter (`to_A` ...), mean effect, whether it
        lies in the top span, and `attention`, the weight on each key. If attention is refused, that
        column is null and the schema's metadata have the reason; otherwise they name the keys.
    """
    attention, change_L4 = explanation.attention, explanation.mutagenesis.change_L4
    places = range(len(explanation.letters))
    rows = [None] * len(places) if attention is None else attention.weight_LS.tolist()
    table = pa.table(
        {
            "position": pa.array([place + 1 for place in places], pa.int32()),
            "letter": pa.array(list(explanation.letters), pa.string()),
            **{f"to_{letter}": change_L4[:, a] for a, letter in enumerate(SUBSTITUTES)},
            "effect": explanation.mutagenesis.effect_L,
            "in_top_span": [explanation.span[0] <= place < explanation.span[1] for place in places],
            "attention": pa.array(rows, pa.list_(pa.float64())),
        }
    )
    keys = "" if attention is None else " ".join(attention.keys)
    metadata = {"refused": explanation.refusal} if attention is None else {"keys": keys}
    return table.replace_schema_metadata({f"attention.{k}": v for k, v in metadata.items()})


def as_picture(explanation: Explanation, trained: TrainedModel) -> Picture:
    """Return what the HTML page draws.

    Parameters
    ----------
    explanation
        The explanation.
    trained
        The model.

    Returns
    -------
    Picture
        Input of `rpbind.report.explain.explain_page`.
    """
    attention = explanation.attention
    return Picture(
        protein=explanation.protein,
        model=f"{trained.path.name}, trained on {trained.provenance['dataset']}",
        letters=explanation.letters,
        substitutes=SUBSTITUTES,
        change=explanation.mutagenesis.change_L4.tolist(),
        span=explanation.span,
        attention=None if attention is None else attention.weight_LS.tolist(),
        keys=() if attention is None else attention.keys,
        sentences=tuple(sentences(explanation)),
        strongest=tuple(explanation.mutagenesis.strongest(10)),
    )
