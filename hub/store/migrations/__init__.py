"""Alembic migrations of the store; `hub.store.migrate` runs them."""
