"""The HTTP API under /api/v1/ (EXPERIENCE 4): thin views; selectors read, present.py spells, schema.py documents."""
