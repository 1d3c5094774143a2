from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Documents behind the `evidence` of acts: on top of the oracle, which says whose act is public."""

    name = "evidence"
