"""manage.py api_client"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from assize.api_docs import document
from assize.client_code import code

PLACE = "reporter/api.py"


class Command(BaseCommand):
    """The typed client that our own programs use, written from the OpenAPI document."""

    help = f"Write {PLACE} from the OpenAPI document."

    def handle(self, *args: Any, **options: Any) -> None:
        place = Path(settings.BASE_DIR) / PLACE
        place.write_text(code(document()))
        self.stdout.write(f"{PLACE} written")
