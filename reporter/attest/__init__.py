"""The attestor: follows the book, folds it, and signs prices that it came to itself (PROTOCOL 7, Attestors)."""
