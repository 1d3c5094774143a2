from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    """Who runs Assize: what two of them decide together, and the log of whatever anybody did."""

    name = "operators"
    default_auto_field = "django.db.models.BigAutoField"
