"""What of /api/v1/ is settlement's: series, and the door for attestors."""
