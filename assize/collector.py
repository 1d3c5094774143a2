"""When Python's collector of cycles may stop a web process, which stops whatever request it happens in."""

from __future__ import annotations

import gc
from importlib import import_module

from django.conf import settings

YOUNG = 10_000
"""Objects more than at the last look before the collector looks again. Python's own 700 is less than one page makes:
it looks in the middle of answers, finds all of it in use, takes it for old, and later walks over everything old."""


def settle() -> None:
    """Load all views, so that what is broken stops the start; what is there by now stays for ever and is not walked."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
