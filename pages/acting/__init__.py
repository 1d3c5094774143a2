"""What people sign in a browser. An act kind is one form (forms.py) and one summary (document.py)."""
