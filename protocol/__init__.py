"""The law of Assize in Python: pure, without Django, importable on its own by anyone who wants to verify."""
