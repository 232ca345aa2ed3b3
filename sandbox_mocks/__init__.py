"""Runnable twins of the national systems, with the people, the quirks and the faults of the real ones."""
