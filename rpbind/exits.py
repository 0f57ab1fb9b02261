"""The exit codes of every command, declared once; help texts and documents list these."""

IMPOSSIBLE = 2
"""The request cannot be met: a mistake of the user, or a path that the system refuses."""
UNFINISHED = 3
"""Fewer runs of a study are done than were planned."""
HAS_ERRORS = 4
"""The doctor's finding is an error."""
DIFFERS = 5
"""A claim card is not what its study's ledger gives."""
EXIT_AGAIN = 75
"""The records are intact, and the same command continues later (EX_TEMPFAIL)."""
INTERRUPTED = 130
"""Ctrl-C outside a study."""

EXIT_CODES = {
    0: "done",
    1: "a bug in rpbind, or the reader of the output (such as head) has ended",
    IMPOSSIBLE: "the request is impossible; the message says why",
    UNFINISHED: "a study: fewer runs are done than planned; the message names them",
    HAS_ERRORS: "rpbind doctor: a finding is an error",
    DIFFERS: "rpbind verify: something differs; each difference has a line",
    EXIT_AGAIN: "Ray or a database was lost, or the disk is full; run it again later",
    INTERRUPTED: "Ctrl-C before a study began, or in a command that runs none",
}
"""{exit code: meaning}. `rpbind submit` and `rpbind job logs` end with the exit code of the job."""


def exit_codes_text() -> str:
    """Return the exit codes as lines for a help text.

    Returns
    -------
    str
        A heading, and a line for each code.
    """
    lines = (f"  {code:<3}  {meaning}" for code, meaning in EXIT_CODES.items())
    return "\n".join(["Exit codes:", *lines])
