"""What `import rpbind` offers for several studies: notes on them, and studies side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rpbind.api.calls import face
from rpbind.api.study import Study, open_study
from rpbind.errors import UserError
from rpbind.several.note import Note, change_note, read_note
from rpbind.terminal import phase
from rpbind.verbosity import say


@dataclass(frozen=True)
class SideBySide:
    """Studies side by side.

    Parameters
    ----------
    page
        Path of the page.
    lines
        The answer of each study, the contrasts that they share, and the arms that differ between
        them, as sentences.
    """

    page: Path
    lines: tuple[str, ...]


@face
def note(
    study: Study | str | Path,
    text: str | None = None,
    *,
    tag: Sequence[str] = (),
    untag: Sequence[str] = (),
) -> Note:
    """Write a note and tags on a study, which its page and the list of studies show.

    They are kept in `note.json` in the study's folder. No result depends on them.

    Parameters
    ----------
    study
        The study, or its folder.
    text
        The note; "" removes it. Without it, the note stays.
    tag
        Tags to be added, one word each.
    untag
        Tags to be removed.

    Returns
    -------
    Note
        The note as it is now: `text`, `tags`, and when it was `changed`. A call with the study
        alone changes nothing.

    Raises
    ------
    UserError
        If the folder holds no study or cannot be written, or if the text or a tag is not possible.

    Examples
    --------
    >>> rb.note("reports/mine", "the run for the paper", tag=["paper"])
    """
    opened = open_study(study)
    if text is None and not tag and not untag:
        return read_note(opened.folder)
    changed = change_note(opened.folder, text, tag, untag)
    _renew(opened)
    return changed


@face
def side_by_side(
    studies: Sequence[Study | str | Path], out: str | Path | None = None
) -> SideBySide:
    """Write one page that puts studies side by side, and return what it says.

    It shows what differs in plan, the verdicts of contrasts of one name next to each other, and the
    differences of like arms, paired by seed, where that is allowed.

    Parameters
    ----------
    studies
        Two or more studies, or their folders. Each of the others is paired with the first.
    out
        The page; by default `side-by-side-NAMES.html` beside the first study.

    Returns
    -------
    SideBySide
        `page` is the path of the page, and `lines` are its first sentences.

    Raises
    ------
    UserError
        If a study is missing, damaged or given twice, or if the page cannot be written.

    Examples
    --------
    >>> rb.side_by_side(["reports/first", "reports/second"]).page
    """
    folders = [open_study(study).folder for study in studies]
    with phase("comparing the studies"):
        from rpbind.report.publish import renew_index
        from rpbind.report.side_by_side import default_place, write_side_by_side
        from rpbind.several.like import like_contrasts, pairs_of
        from rpbind.several.sentences import together
        from rpbind.several.side import sides_of

        sides = sides_of(folders)
        pairs, page = pairs_of(sides), Path(out) if out is not None else default_place(sides)
        write_side_by_side(sides, pairs, page)
    if out is None:
        renew_index(sides[0].folder)
    lines = [
        f"{side.name}: {side.answer[0].text if side.answer else 'no result'}" for side in sides
    ]
    lines += [each.text for each in together(like_contrasts(sides), pairs)]
    return SideBySide(page, tuple(f"{line}." for line in lines))


def _renew(study: Study) -> None:
    """Write the pages that show the note again; the note is kept, whatever happens to them."""
    if (study.folder / "index.html").exists():
        try:
            study.report()
        except UserError as error:
            say(f"The note is kept, but the study's page is not written again: {error}")
        else:
            return
    from rpbind.report.publish import renew_index

    renew_index(study.folder)
