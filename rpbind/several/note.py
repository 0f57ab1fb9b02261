"""The user's note on a study and its tags: one file in the study's folder, beside its record.

No fingerprint and no row depends on it, so a note can be written at any time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from rpbind.errors import UserError
from rpbind.files.atomic import read, write_atomic
from rpbind.files.locks import exclusive
from rpbind.ledger.records import Record, Time
from rpbind.mistakes import mistakes

FILE, LOCK = "note.json", ".note.lock"
VERSION = 1
LONGEST, LONGEST_TAG = 2000, 40
TAG = re.compile(r"\w[\w.+=:/@-]*")


class Note(Record):
    """What the user has written on a study.

    Parameters
    ----------
    text
        The note; "" without one.
    tags
        The tags, in the order in which they were given.
    changed
        When it was last changed, in ISO 8601; "" if nothing was ever written.
    """

    version: Annotated[int, Field(alias="schema", ge=1, le=VERSION)] = VERSION
    text: Annotated[str, Field(max_length=LONGEST)] = ""
    tags: tuple[Annotated[str, Field(max_length=LONGEST_TAG)], ...] = ()
    changed: Time | str = ""

    def lines(self) -> list[str]:
        """Return the note and the tags as lines for a terminal."""
        return [f"note: {self.text or 'none'}", f"tags: {', '.join(self.tags) or 'none'}"]


def read_note(study: Path) -> Note:
    """Return the note on a study.

    Parameters
    ----------
    study
        Folder of the study.

    Returns
    -------
    Note
        Empty if there is none.

    Raises
    ------
    UserError
        If the file is damaged, or a newer version of rpbind has written it.
    """
    path = study / FILE
    try:
        return Note.model_validate_json(read(path))
    except (FileNotFoundError, NotADirectoryError):
        return Note()
    except ValidationError as error:
        raise UserError(
            f"{path} is not a note that this version can read: {mistakes(error)}. Delete the file, "
            "or restore it from a copy."
        ) from None


def change_note(
    study: Path, text: str | None = None, tag: Sequence[str] = (), untag: Sequence[str] = ()
) -> Note:
    """Change the note on a study; two commands that do so at once lose no tag.

    Parameters
    ----------
    study
        Folder of the study.
    text
        The new note; "" removes it, None keeps it.
    tag
        Tags to be added.
    untag
        Tags to be removed.

    Returns
    -------
    Note
        The note as it is now.

    Raises
    ------
    UserError
        If the text or a tag is not possible, or if a tag to be removed is not there.
    """
    if text is not None:
        text = _checked("A note", text.strip(), LONGEST)
    for each in tag:
        check_tag(each)
    if both := [each for each in tag if each in untag]:
        raise UserError(f"The tag '{both[0]}' is to be added and removed. Give it once.")
    with exclusive(study / LOCK, f"a note on {study}"):
        before = read_note(study)
        if gone := [each for each in untag if each not in before.tags]:
            raise UserError(
                f"The study {study} has no tag '{gone[0]}', so it cannot be removed. Its tags: "
                f"{', '.join(before.tags) or 'none'}."
            )
        after = Note(
            text=before.text if text is None else text,
            tags=tuple(t for t in dict.fromkeys((*before.tags, *tag)) if t not in untag),
            changed=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_atomic(study / FILE, after.model_dump_json(indent=1, by_alias=True).encode() + b"\n")
    return after


def check_tag(tag: str) -> None:
    """Raise `UserError` if a text cannot be a tag.

    Parameters
    ----------
    tag
        The text.

    Raises
    ------
    UserError
        If it is too long, or has other signs than letters, digits and `_ . + = : / @ -`.
    """
    _checked("A tag", tag, LONGEST_TAG)
    if not TAG.fullmatch(tag):
        raise UserError(
            f"A tag is one word of letters, digits and '_.+=:/@-' that begins with a letter, a "
            f"digit or '_'; got {tag!r}."
        )


def _checked(what: str, text: str, longest: int) -> str:
    """Return a text without line breaks of Windows; refuse what no page or terminal can show."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    odd = [c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs", "Co")]
    if odd:
        raise UserError(
            f"{what} is text; got the character {odd[0]!a}, which cannot be shown. Leave it out."
        )
    if len(text) > longest:
        raise UserError(
            f"{what} has at most {longest:,} characters; got {len(text):,}. Use a shorter one."
        )
    return text
