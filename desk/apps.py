from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What operators see and do: the queue of work, a page for each thing, proposals of every kind."""

    name = "desk"
