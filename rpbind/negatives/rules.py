"""The rules that make negative windows, and the options of each, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import typer

from rpbind.arguments import choices
from rpbind.errors import UserError, check_one_of

Match = Literal["tiling", "region", "gc"]
MATCHES: tuple[Match, ...] = get_args(Match)
MOST = 1_000_000

RULES = {
    "same-gene": "unbound windows of the same gene; needs --gtf",
    "other-proteins": "windows that other proteins bind",
    "shuffled": "the bound windows' letters shuffled, dinucleotides kept: easy to tell apart",
    "given": "files of unbound sites, see --unbound",
}
"""{rule: what it is}."""

DISTANCE = 100
"""Nucleotides between a negative and the nearest peak of its protein, if the user gives none."""

EASY = ("shuffled",)
"""Rules whose negatives a model can recognise without knowing what binds."""


@dataclass(frozen=True, kw_only=True)
class NegativeSettings:
    """How negatives are made. Every field is an option.

    Parameters
    ----------
    ratio, distance, match, negative_seed
        As their help texts say.
    """

    ratio: Annotated[
        int, typer.Option(min=1, max=100, help="Negative windows for each bound window.")
    ] = 1
    distance: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MOST,
            show_default=str(DISTANCE),
            help="Smallest distance (nt) from a negative to a peak of its protein.",
        ),
    ] = None
    match: Annotated[
        str | None,
        typer.Option(
            help="What negatives have in common with the bound windows: tiling (how many windows "
            "of a protein overlap, and with what), region (its type), gc; several with commas, or "
            "none (default: all that the data allow)."
        ),
    ] = None
    negative_seed: Annotated[int, typer.Option(min=0, help="Random seed of the negatives.")] = 0

    def __post_init__(self) -> None:
        for word in self.matched or ():
            check_one_of("--match", word, (*MATCHES, "none"))

    @property
    def matched(self) -> tuple[str, ...] | None:
        """What is matched; None for all that the data allow."""
        if self.match is None:
            return None
        words = [word.strip() for word in self.match.split(",")]
        return tuple(word for word in words if word != "none")


@dataclass(frozen=True)
class NegativeRule:
    """A rule with all that it depends on.

    Parameters
    ----------
    rule
        One of `RULES`.
    ratio
        Negatives for each bound window.
    distance
        Smallest distance to a peak of the protein, nt.
    match
        What is matched, in the order of `MATCHES`.
    seed
        Random seed.
    """

    rule: str
    ratio: int
    distance: int
    match: tuple[str, ...]
    seed: int

    @property
    def label(self) -> str:
        """The name in the ids of dataset and splits, such as same-gene_x1_d100_tiling+gc_s0."""
        if self.rule == "given":
            return f"given_d{self.distance}"
        if self.rule == "shuffled":
            return f"shuffled_x{self.ratio}_s{self.seed}"
        matched = "+".join(self.match) or "unmatched"
        return f"{self.rule}_x{self.ratio}_d{self.distance}_{matched}_s{self.seed}"


def make_rule(
    rule: str,
    settings: NegativeSettings,
    *,
    has_places: bool,
    has_regions: bool,
    option: str = "--negatives",
) -> NegativeRule:
    """Complete a rule with what the data allow, and check that its options have an effect.

    Parameters
    ----------
    rule
        One of `RULES`.
    settings
        The user's options.
    has_places
        Whether the windows have genome coordinates.
    has_regions
        Whether their region types are known.
    option
        The option that names the rule, for messages.

    Returns
    -------
    NegativeRule
        The rule.

    Raises
    ------
    UserError
        If there is no such rule, or an option has no effect on it.
    """
    check_one_of(option, rule, RULES)
    matched = settings.matched
    if rule in ("shuffled", "given") and matched:
        raise UserError(
            f"--match has no effect on {rule} negatives: they are compared with nothing, or have "
            "the same letters and cluster anyway. Leave it out."
        )
    if rule == "given" and settings.ratio != 1:
        raise UserError("--ratio has no effect on given negatives: all of them are used.")
    if rule == "shuffled" and settings.distance is not None:
        raise UserError("--distance has no effect on shuffled negatives. Leave it out.")
    if settings.distance and not has_places:
        raise UserError("--distance needs windows with genome coordinates. Leave it out.")
    possible = [one for one in MATCHES if one != "region" or has_regions]
    if matched and "region" in matched and not has_regions:
        raise UserError("--match region needs the genes: give --gtf, or leave region out.")
    if rule in ("shuffled", "given"):
        possible = []
    chosen = [one for one in possible if matched is None or one in matched]
    distance = DISTANCE if settings.distance is None else settings.distance
    if not has_places or rule == "shuffled":
        distance = 0
    return NegativeRule(rule, settings.ratio, distance, tuple(chosen), settings.negative_seed)


HELP = choices(RULES)
"""Help text of the option that names a rule."""
