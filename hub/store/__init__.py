"""The store: what the hub keeps in PostgreSQL, and the only room that knows its tables."""
