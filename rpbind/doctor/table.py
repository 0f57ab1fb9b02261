"""The seed's before/after table: what its document says of a model, beside what is measured on it.

The document does not say how it measured, so each line says how this does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SEED = {
    "old": ("0 (all -0.0162)", "0", "rises 13 %", "+13 %", "all 1.0"),
    "fixed": ("0.03-0.15", "1.5-4.7", "falls 30-45 %", "+30-50 %", "0.0099 ± 0.00006"),
}
"""What the document says of each preset, line by line. Said there, and measured nowhere here."""


@dataclass(frozen=True)
class Line:
    """One quantity, how it is measured, and the value."""

    quantity: str
    how: str
    value: str


def table(measured: Mapping[str, float]) -> list[Line]:
    """Return the table's lines from the measures of a check-up."""
    rise = measured["fit.end"] / measured["fit.start"] - 1
    gain = measured["fit.accuracy"] - measured["fit.accuracy-before"]
    low, high = measured["fit.gradient-low"], measured["fit.gradient-high"]
    return [
        Line(
            "spread of logits over samples",
            "sd over all windows; over those of one protein; untrained",
            f"{measured['logits.spread']:.2g}; {measured['logits.within']:.1g}",
        ),
        Line(
            "gradient norm at the RNA encoder",
            "lowest to highest in the fit, before clipping",
            f"{low:.2g} to {high:.2g}" if high else "0",
        ),
        Line(
            "loss over training",
            "fit of one batch, first step to last five",
            f"{'rises' if rise > 0 else 'falls'} {100 * abs(rise):.0f} %",
        ),
        Line("accuracy gain", "fit of one batch, in points", f"{100 * gain:+.0f} %"),
        Line("attention weights", "mean ± sd, before and after the fit", _weights(measured)),
    ]


def _weights(measured: Mapping[str, float]) -> str:
    told = [
        f"{measured[state + 'attention.mean']:.4f} ± {measured[state + 'attention.spread']:.1g}"
        for state in ("", "after.")
        if f"{state}attention.mean" in measured
    ]
    return "; ".join(dict.fromkeys(told)) or "no attention"
