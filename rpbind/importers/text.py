"""Turns the bytes of a text file into UTF-8 with LF line ends, whatever wrote it."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from rpbind.errors import UserError
from rpbind.importers.formats import check_is_text

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def plain_text(path: Path, raw: bytes) -> bytes:
    """Return a file's text as UTF-8 without a byte-order mark, with LF line ends.

    What is packed with gzip is unpacked, whatever its name; what is not UTF-8 is read as Latin-1.
    This is the only place where an encoding is chosen, so that one name in two files stays one.

    Parameters
    ----------
    path
        The file, for what an error says.
    raw
        Its bytes.

    Raises
    ------
    UserError
        Where it is empty, a broken gzip file, UTF-16, or a format that is no text.
    """
    text = _unpacked(path, raw) if raw.startswith(_GZIP) else raw
    if text[:2] in _UTF16 or _every_other_is_zero(text):
        raise UserError(
            f"{path} is text in UTF-16, as Excel's 'Unicode text' is; wanted UTF-8. Save it as "
            "UTF-8, or convert it: iconv -f UTF-16 -t UTF-8."
        )
    check_is_text(path, text)
    text = text.removeprefix(_BOM)
    if not text.strip():
        raise UserError(f"{path} is empty. Remove it, or fetch it again.")
    if not text.isascii():
        text = _decoded(text).encode()
    return _lf(text)


def _unpacked(path: Path, raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is not a whole gzip file ({error}). Fetch it again.") from None


def _every_other_is_zero(text: bytes) -> bool:
    head = text[:64]
    return len(head) > 3 and (not any(head[::2]) or not any(head[1::2])) and any(head)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _lf(text: bytes) -> bytes:
    if b"\n" not in text:
        return text.replace(b"\r", b"\n")  # as Macs wrote before 2001, and some tools do still
    return text.replace(b"\r\n", b"\n")
