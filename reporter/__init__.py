"""A program of its own: reports, watches, attests and verifies. It imports protocol and talks to the rest over HTTP."""
