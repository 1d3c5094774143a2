"""What reporters and disputers saw, kept by its hash (docs/evidence.md). It decides nothing."""
