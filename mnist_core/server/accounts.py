"""Names and passwords that open the page, from a file or the environment, never the command line."""

from __future__ import annotations

import os
from pathlib import Path

from mnist_core.errors import AccountsError

#: Holds the accounts where `--auth` names no file.
AUTH_VARIABLE = "DRAW_AUTH"


def read_accounts(source: str | None) -> list[tuple[str, str]] | None:
    """(name, password) pairs from the file `source`, or from $DRAW_AUTH where it is "".

    A line of name:password each; empty lines do not count. None where `source` is: nobody is asked.
    """
    if source is None:
        return None
    if source:
        where = source
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AccountsError(
                f"{source}: the accounts could not be read ({type(error).__name__})"
            ) from None
    else:
        where = f"${AUTH_VARIABLE}"
        text = os.environ.get(AUTH_VARIABLE, "")
    accounts = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, colon, password = line.strip().partition(":")
        if not name or not colon or not password:
            raise AccountsError(f"{where}, line {number}: expected name:password")
        accounts.append((name, password))
    if not accounts:
        raise AccountsError(f"{where}: expected at least one line of name:password, found none")
    return accounts
