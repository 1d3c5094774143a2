"""What of the oracle two operators decide together (operators/kinds.py)."""
