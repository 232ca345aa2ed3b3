"""Copies what changed in the population database, every hour; a backfill by its parameters (an Airflow DAG)."""

from datetime import timedelta

from sync_feed import sync_feed

sync_feed("population_sync", "population.citizens", "0 * * * *", timedelta(minutes=45))
