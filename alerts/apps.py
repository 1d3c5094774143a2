from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Who wants to hear of what, and telling them: on top of pages, whose login says who asks."""

    name = "alerts"
