"""The fifteen known-answer tests of the decision rule, in full: measured against accepted.

    python benchmarks/verdicts.py                      # 4,000 repetitions
    python benchmarks/verdicts.py --repeats 200 --row 9 --row 10

Prints a Markdown table, and exits with 1 where a row does not hold.
"""

import sys
import time
from typing import Annotated

import typer
from known_collapses import ROWS as RARE
from known_models import ROWS as MODELS
from known_worlds import ROWS as WORLDS
from known_worlds import Check

ROWS = dict(sorted((WORLDS | MODELS | RARE).items()))


def main(
    repeats: Annotated[int, typer.Option(min=1)] = 4000,
    row: Annotated[list[int] | None, typer.Option(help="This row alone; again for more.")] = None,
) -> None:
    """Measure every row and say whether it holds."""
    began, failed = time.process_time(), 0
    print("| # | world | measured | accepted | holds |\n|---|---|---|---|---|")
    for number in row or ROWS:
        world, measure = ROWS[number]
        for check in measure(repeats):
            failed += not check.holds()
            holds = "yes" if check.holds() else "**NO**"
            said = f" ({check.said})" if check.said else ""
            told = f"{check.what}: {check.measured:.4g}{said}"
            print(f"| {number} | {world} | {told} | {accepted(check)} | {holds} |", flush=True)
    print(f"\n{repeats:,} repetitions, {time.process_time() - began:,.0f} CPU seconds.")
    sys.exit(failed > 0)


def accepted(check: Check) -> str:
    """The bounds of a check in words."""
    low, high = (None if end is None else f"{end:g}" for end in (check.low, check.high))
    if low is None:
        return "told, not judged" if high is None else f"at most {high}"
    if high is None:
        return f"at least {low}"
    return low if low == high else f"{low} to {high}"


if __name__ == "__main__":
    typer.run(main)
