"""The web process: it signs receipts and holds no key that pays."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from assize import collector  # noqa: E402

PYTHONS_RECURSION_LIMIT = 1000

settings.ENVIRONMENT.require("web process", "SERVICE_KEY")
settings.ENVIRONMENT.forbid("web process", *settings.SIGNER_SETTINGS)
application = get_wsgi_application()
collector.settle()
# web3 brings py-ecc, which raises the limit to 100,000 when it is loaded: then JSON that is deep enough ends the
# process instead of being refused.
sys.setrecursionlimit(PYTHONS_RECURSION_LIMIT)
