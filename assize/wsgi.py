"""The web process: it signs receipts and holds no key that pays."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assize.settings")

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

settings.ENVIRONMENT.forbid("web process", "PUBLISHER_KEY")
application = get_wsgi_application()
