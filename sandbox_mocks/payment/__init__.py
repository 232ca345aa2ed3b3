"""The twin of the national payment platform."""
