"""Brings up what Assize needs on one machine and takes it down again: `make run`, `make demo`, `make test`.

Until the virtual environment exists only the standard library is there: `__main__` and `venv` use nothing else.
"""
