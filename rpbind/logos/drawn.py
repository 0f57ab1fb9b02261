"""The three figures of a window as parts of a page."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from rpbind.figures.embed import fragment
from rpbind.logos import logo, maps
from rpbind.logos.picture import Picture


@dataclass(frozen=True)
class Drawn:
    """The figures of a window as HTML; `attention` is None if there is none to show."""

    logo: Markup
    substitutions: Markup
    attention: Markup | None


def drawn(picture: Picture, number: int | None = None) -> Drawn:
    """Return the figures of a window.

    Parameters
    ----------
    picture
        The window.
    number
        Its number on a page with several; None if it is alone.

    Returns
    -------
    Drawn
        The figures.
    """
    more = "" if number is None else f"-{number}"
    return Drawn(
        fragment(logo.logo(picture), f"logo{more}", logo.describe(picture)),
        fragment(
            maps.substitutions(picture),
            f"substitutions{more}",
            maps.describe_substitutions(picture),
        ),
        None
        if picture.attention is None
        else fragment(
            maps.attention(picture), f"attention{more}", maps.describe_attention(picture)
        ),
    )
