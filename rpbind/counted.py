"""Numbers of things in words: "1 window", "2 windows", "1 of 3 proteins has"."""

from __future__ import annotations


def plural(unit: str, n: int) -> str:
    """Return a noun in singular or plural: "search", "searches"."""
    return unit if n == 1 else f"{unit}{'es' if unit.endswith('ch') else 's'}"


def verb(form: str, n: int) -> str:
    """Return a verb in singular or plural; `form` is its plural, such as "have" or "share"."""
    if n != 1:
        return form
    return {"have": "has", "were": "was", "are": "is"}.get(form, f"{form}s")


def counted(n: int, unit: str, total: int | None = None, then: str = "") -> str:
    """Return a number with its noun: "1 window", "3 of 1,200 windows", "1 of 2 windows has".

    Parameters
    ----------
    n
        The number.
    unit
        The noun, in singular.
    total
        Of how many, if that is said.
    then
        The verb that follows, in plural; "" for none.

    Returns
    -------
    str
        The words.
    """
    all_of_them = n if total is None else total
    share = "" if total is None else f"{n:,} of "
    words = f"{share}{all_of_them:,} {plural(unit, all_of_them)}"
    return f"{words} {verb(then, n)}" if then else words
