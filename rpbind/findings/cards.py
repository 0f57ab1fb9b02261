"""Makes the claim cards of a study, and the files in which its report keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rpbind.analysis.claims import Claim as ArmClaim
from rpbind.analysis.claims import ClaimComparison
from rpbind.analysis.summary import Summary
from rpbind.analysis.tuned import TunedContrast
from rpbind.findings.build import installed
from rpbind.findings.claim import VERSION, Claim
from rpbind.findings.row_hash import RowHashes
from rpbind.findings.verdict_tables import interval_of
from rpbind.ledger import Row
from rpbind.statistics.table import weights_of
from rpbind.statistics.verdict import Verdict
from rpbind.wording.verdicts import Judged

FOLDER = "claims"
"""Folder of the cards, in that of the study."""


def cards_of(summary: Summary, hashes: RowHashes) -> list[Claim]:
    """Return a card for each verdict of a study that rests on at least one pair.

    Parameters
    ----------
    summary
        Its summary.
    hashes
        The hashes of the rows of the ledger that the summary was read from.

    Returns
    -------
    list of Claim
        Contrasts first, then the claims on each arm, a card for each comparison.
    """
    return [*_of_contrasts(summary, hashes), *_of_claims(summary, hashes)]


def _of_contrasts(summary: Summary, hashes: RowHashes) -> Iterator[Claim]:
    for judged in summary.judged:
        if judged.paired.n:
            yield _of_contrast(judged, summary, hashes)


def _of_contrast(judged: Judged, summary: Summary, hashes: RowHashes) -> Claim:
    tuned = isinstance(judged, TunedContrast)
    part = summary.tuned.part if tuned and summary.tuned else "test"
    weights = weights_of(judged.paired.contrast)
    ids = {arm.name: arm.recipe_id for arm in summary.plan.arms}
    recipes = {arm: "" if tuned else ids[arm] for arm in weights}
    return _card(
        summary,
        hashes,
        kind="tuned contrast" if tuned else "contrast",
        claim=judged.paired.contrast.name,
        arms=weights,
        recipes=recipes,
        metric=f"{part} AUROC, mean over protein clusters",
        verdict=judged.verdict,
        n=judged.paired.n,
        planned=judged.paired.planned,
        unit=judged.unit,
        clusters=len(judged.paired.clusters),
    )


def _of_claims(summary: Summary, hashes: RowHashes) -> Iterator[Claim]:
    ids = {arm.name: arm.recipe_id for arm in summary.plan.arms}
    for arm, claims in summary.controls.claims.items():
        for claim in claims:
            for one in claim.comparisons:
                if one.seeds:
                    yield _of_comparison(arm, ids[arm], claim, one, summary, hashes)


def _of_comparison(
    arm: str,
    recipe: str,
    claim: ArmClaim,
    one: ClaimComparison,
    summary: Summary,
    hashes: RowHashes,
) -> Claim:
    return _card(
        summary,
        hashes,
        kind="claim",
        claim=f"{arm} {claim.name}: minus {one.minus}",
        arms={arm: 1.0},
        recipes={arm: recipe},
        metric=f"AUROC of {arm} minus that of {one.minus}, mean over protein clusters",
        verdict=one.verdict,
        n=one.seeds,
        planned=len(summary.plan.seeds),
        unit="seed",
        clusters=one.clusters,
    )


def _card(
    summary: Summary,
    hashes: RowHashes,
    *,
    kind: str,
    verdict: Verdict,
    recipes: Mapping[str, str],
    **said: Any,
) -> Claim:
    plan = summary.plan
    rows = hashes.of(kind, recipes)
    value, low, high, level, p = interval_of(verdict)
    # `model_construct` stores fields under their names, and dumps them under their aliases
    return Claim.model_construct(
        version=VERSION,
        rpbind=installed(),
        study=plan.study,
        question=plan.question,
        kind=kind,
        recipes=dict(recipes),
        value=value,
        low=low,
        high=high,
        level=level,
        p=p,
        verdict=verdict.word,
        size=verdict.size,
        rule=plan.rule,
        delta=plan.delta,
        alpha=verdict.overall,
        dataset=plan.dataset,
        split=plan.split,
        code=_codes([row for row, _ in rows.values()]),
        plan=plan.fingerprint,
        rows={run: each for run, (_, each) in rows.items()},
        family_rows=hashes.family(kind),
        **said,
    )


def _codes(rows: Sequence[Row]) -> list[str]:
    return sorted({row.provenance["code"] for row in rows if "code" in row.provenance})


def file_names(cards: Sequence[Claim]) -> list[str]:
    """Return a file name for each card, all different.

    Parameters
    ----------
    cards
        The cards.

    Returns
    -------
    list of str
        Such as "conv-vs-fixed.json": the claim, with a number where two would have one name.
    """
    names: list[str] = []
    taken: dict[str, int] = {}
    for card in cards:
        stem = re.sub(r"[^A-Za-z0-9_.+=]+", "-", card.claim).strip("-.")[:100] or "claim"
        # file systems of Macs and Windows do not tell upper case from lower
        taken[stem.lower()] = taken.get(stem.lower(), 0) + 1
        number = taken[stem.lower()]
        names.append(f"{stem}.json" if number == 1 else f"{stem}~{number}.json")
    return names


def packed(cards: Sequence[Claim]) -> dict[str, Any]:
    """Return cards for a page, without what they have in common.

    Parameters
    ----------
    cards
        The cards of one study.

    Returns
    -------
    dict
        `common`: fields that are equal in all; `hashes`: {run: hash of its row}; `cards`: a file
        name and the other fields of each, with `rows` as a list of runs.
    """
    whole = [card.model_dump(mode="json", by_alias=True) for card in cards]
    if not whole:
        return {"common": {}, "hashes": {}, "cards": []}
    common = {
        key: value
        for key, value in whole[0].items()
        if key != "rows" and all(each[key] == value for each in whole)
    }
    hashes = {run: each for card in cards for run, each in card.rows.items()}
    left = [
        {key: value for key, value in each.items() if key not in common}
        | {"rows": list(each["rows"]), "file": name}
        for each, name in zip(whole, file_names(cards), strict=True)
    ]
    return {"common": common, "hashes": hashes, "cards": left}
