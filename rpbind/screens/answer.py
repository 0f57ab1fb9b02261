"""The answer of a study for a terminal: what is missing, the answer, doubts, the next step."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from rpbind.analysis.summary import Summary
from rpbind.wording import answers, cards, predictions
from rpbind.wording.alerts import alerts
from rpbind.wording.next_step import next_step

STYLES = {"better": "bold green", "worse": "bold red"}
HANGING = 2


def answer_lines(summary: Summary, most: int | None = None) -> Iterator[RenderableType]:
    """Yield the answer as the page's first screen has it.

    Parameters
    ----------
    summary
        The study.
    most
        At most so many sentences, if a table with the others follows; None for all.

    Yields
    ------
    RenderableType
        What is missing, the ranked sentences, predictions, what speaks for and against believing
        them, and the next step.
    """
    # what to do about it is the next step
    yield from (Text(f"! {alert.what}", style="bold red") for alert in alerts(summary))
    found = answers.answer(summary)
    if not found:
        yield _line("?", "There is no answer: no run has a result.")
    for each in found[:most]:
        about = f" [{each.about}]" if each.about else ""
        yield _line(each.sign, f"{each.text}.{about}", STYLES.get(each.tone, ""))
    if predicted := predictions.count(summary.predictions if found else ()):
        yield Text(predicted)
    points = [f"{point.sign} {point.text}" for point in cards.believe(summary)]
    yield Text.assemble(("Believe it? ", "bold"), "; ".join(points))
    step = next_step(summary)
    cost = f" Costs {step.cost}." if step.cost else ""
    yield Text.assemble(("Next: ", "bold"), f"{step.why}.{cost}")
    if step.command:
        yield Padding(Text(step.command), (0, 0, 0, HANGING), expand=False)


def _line(sign: str, text: str, style: str = "") -> Text:
    return Text.assemble((sign, style), " ", text)
