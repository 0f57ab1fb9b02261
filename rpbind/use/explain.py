"""What one window shows: substitutions that matter, the span they lie in, where attention looks.

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
from rpbind.importers.protein_table import read_proteins
from rpbind.report.explain import Picture
from rpbind.use.attention import AttentionMap, attention_map
from rpbind.use.mutagenesis import SUBSTITUTES, Mutagenesis, mutate
from rpbind.use.score import ask, embedded, logits_of
from rpbind.use.trained import Context, Trained


@dataclass(frozen=True)
class Pair:
    """One window and one protein; `weights` is the ESM-2 checkpoint, where there is one."""

    rna: str
    protein: str
    proteins: Path
    weights: Path | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the model does with a window; `attention` is None where it is refused: `refusal`."""

    letters: str
    protein: str
    mutagenesis: Mutagenesis
    span: tuple[int, int]
    attention: AttentionMap | None
    refusal: str
    context: Context
    calibrated: float


def explain_window(
    trained: Trained, pair: Pair, width: int = 8, progress: Progress = silent
) -> Explanation:
    """Explain one window; `width` is that of the top span.

    Raises `UserError` where the window has another length than the model's, a letter that is not
    RNA or too many N, or the protein is unknown.
    """
    tokens_L = encode(pair.rna)
    if len(tokens_L) != trained.length:
        raise UserError(
            f"The model reads windows of {trained.length} nt; --rna has {len(tokens_L)}."
        )
    if (share := float(n_share(tokens_L[None])[0])) > MOST_N:
        raise UserError(
            f"{share:.0%} of the letters of --rna are N; more than {MOST_N:.0%} show too little to "
            "be explained. Give a window of which more is known."
        )
    sequence = read_proteins(pair.proteins).find(pair.protein)
    with embedded({pair.protein: sequence}, trained.encoder(pair.weights)) as inputs:

        def score(rna_ML: np.ndarray) -> np.ndarray:
            asked = ask(inputs, rna_ML, np.zeros(len(rna_ML), dtype=np.int32))
            return logits_of(trained.model, asked, progress)

        found = mutate(tokens_L, score)
        one = ask(inputs, tokens_L[None], np.zeros(1, dtype=np.int32))
        seen = attention_map(trained, one)
    return Explanation(
        letters=decode(tokens_L),
        protein=pair.protein,
        mutagenesis=found,
        span=found.top_span(width),
        attention=None if isinstance(seen, str) else seen,
        refusal=seen if isinstance(seen, str) else "",
        context=trained.context(pair.protein, sequence),
        calibrated=float(trained.calibration.probability(np.array([found.logit]))[0]),
    )


def sentences(found: Explanation) -> list[str]:
    """Say in words what was found and how far to trust it."""
    known = found.context
    met = "seen in training" if known.seen else "not seen in training"
    auroc = "unknown" if known.auroc is None else f"{known.auroc:.3f}"
    return [
        f"Logit {found.mutagenesis.logit:+.3f}; calibrated probability {found.calibrated:.3f}.",
        f"{found.protein} was {met}; the model's validation AUROC on it is {auroc}.",
        _span(found),
        f"Attention is refused as an explanation: {found.refusal}"
        if found.attention is None
        else f"Attention made uniform changes the logit by {found.attention.matters:+.3f}: a map "
        "explains no more than that.",
    ]


def _span(found: Explanation) -> str:
    """Say where substitutions matter most, or that none does."""
    if found.mutagenesis.flat:
        return (
            "The map is flat: no substitution changes the logit. The model does not use the "
            "letters of this window, and there is no top span."
        )
    start, stop = found.span
    effect_L = found.mutagenesis.effect_L
    outside_L = np.delete(effect_L, np.arange(start, stop))
    return (
        f"Top span: {start + 1}-{stop} {found.letters[start:stop]}. A substitution in it changes "
        f"the logit by {effect_L[start:stop].mean():.3f} in the mean"
        + (f", elsewhere by {outside_L.mean():.3f}." if len(outside_L) else ".")
    )


def as_table(found: Explanation) -> pa.Table:
    """Return one row per nucleotide: the change of the logit by each letter, effect, attention.

    `attention` is the weight on each key, null where it is refused; the names of the keys, or the
    refusal, are in the schema's metadata.
    """
    seen, change_L4 = found.attention, found.mutagenesis.change_L4
    places = range(len(found.letters))
    rows = [None] * len(places) if seen is None else seen.weight_LS.tolist()
    table = pa.table(
        {
            "position": pa.array([place + 1 for place in places], pa.int32()),
            "letter": pa.array(list(found.letters), pa.string()),
            **{f"to_{letter}": change_L4[:, a] for a, letter in enumerate(SUBSTITUTES)},
            "effect": found.mutagenesis.effect_L,
            "in_top_span": [found.span[0] <= place < found.span[1] for place in places],
            "attention": pa.array(rows, pa.list_(pa.float64())),
        }
    )
    said = {"refused": found.refusal} if seen is None else {"keys": " ".join(seen.keys)}
    return table.replace_schema_metadata({f"attention.{k}": v for k, v in said.items()})


def as_picture(found: Explanation, trained: Trained) -> Picture:
    """Return what the page draws."""
    seen = found.attention
    return Picture(
        protein=found.protein,
        model=f"{trained.path.name}, trained on {trained.provenance['dataset']}",
        letters=found.letters,
        substitutes=SUBSTITUTES,
        change=found.mutagenesis.change_L4.tolist(),
        span=found.span,
        attention=None if seen is None else seen.weight_LS.tolist(),
        keys=() if seen is None else seen.keys,
        sentences=tuple(sentences(found)),
        strongest=tuple(found.mutagenesis.strongest(10)),
    )
