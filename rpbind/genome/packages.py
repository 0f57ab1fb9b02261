"""The packages that only this room needs; they are an extra, `[genome]`."""

from __future__ import annotations

from importlib.util import find_spec

from rpbind.errors import UserError

PACKAGES = ("pyfaidx", "pyranges")


def check_installed() -> None:
    """Raise `UserError` if a package of the extra is missing; the message names the extra."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(
            f"Genome coordinates need {' and '.join(PACKAGES)}; {' and '.join(missing)} is not "
            "installed. Run pip install --editable '.[genome]' in rpbind's folder."
        )
