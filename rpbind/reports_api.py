"""What `import rpbind` offers for several studies: notes on them, and studies side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rpbind.api.calls import face
from rpbind.api.study import Study, open_study
from rpbind.errors import UserError
from rpbind.several.note import Note, change_note, read_note
from rpbind.verbosity import say


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
