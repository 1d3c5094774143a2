from django.apps import AppConfig


class PagesConfig(AppConfig):
    """What people read: on top of all other apps, so that one page may show what each of them knows."""

    name = "pages"
