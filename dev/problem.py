"""What stops a command for a reason that its user can do something about."""


class Problem(Exception):
    """Its text is shown as it is, without a traceback: what is missing or wrong, and what to do."""
