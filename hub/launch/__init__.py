"""Starts the hub's servers on one machine: PostgreSQL, the twin, the lookup API and Airflow."""
