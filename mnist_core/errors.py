"""What goes wrong in a way that callers tell apart."""

from __future__ import annotations


class DatasetError(Exception):
    """A data set that is missing, damaged, or out of reach; the message says which and what to do."""
