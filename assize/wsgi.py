"""The web process: it signs receipts and holds no key that pays."""

import gc
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")

from importlib import import_module  # noqa: E402

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

PYTHONS_RECURSION_LIMIT = 1000

settings.ENVIRONMENT.require("web process", "SERVICE_KEY")
settings.ENVIRONMENT.forbid("web process", *settings.SIGNER_SETTINGS)
application = get_wsgi_application()
# Every view now, not at the first request: what is broken stops the start.
import_module(settings.ROOT_URLCONF)
# web3 brings py-ecc, which raises the limit to 100,000 when it is loaded: then JSON that is deep enough ends the
# process instead of being refused.
sys.setrecursionlimit(PYTHONS_RECURSION_LIMIT)
# What is loaded by now stays for ever. The collector's walks over all of it would stop requests for 0.1 s now and then.
gc.collect()
gc.freeze()
