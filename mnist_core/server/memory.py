"""Freed memory, given back to the system."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable


def _glibc_trim() -> Callable[[int], int] | None:
    name = ctypes.util.find_library("c")
    try:
        trim: Callable[[int], int] = ctypes.CDLL(name).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None  # another C library, which looks after this itself
    return trim


_trim = _glibc_trim()


def give_back_memory() -> None:
    """Gives freed memory back where the C library would keep it: glibc does, for each thread."""
    if _trim is not None:
        _trim(0)
