"""manage.py api_client"""

from pathlib import Path
from typing import Any

from django.conf import settings

from assize.api_docs import document
from assize.client_code import code
from operators.management.explained import OperatorCommand

PLACE = "reporter/api.py"


class Command(OperatorCommand):
    """The typed client that our own programs use, written from the OpenAPI document."""

    help = f"Write {PLACE}, the typed client that our own programs use, from the OpenAPI document."
    when = "a developer has changed the API; never on a server"
    changes = f"{PLACE} in the checkout"
    example = "manage.py api_client"

    def handle(self, *args: Any, **options: Any) -> None:
        place = Path(settings.BASE_DIR) / PLACE
        place.write_text(code(document()))
        self.stdout.write(f"{PLACE} written")
