"""Copies what changed in the business register, every hour; a backfill by its parameters (an Airflow DAG)."""

from datetime import timedelta

from sync_feed import sync_feed

sync_feed("business_sync", "business.enterprises", "20 * * * *", timedelta(minutes=45))
