"""The pipeline: fetch → land → map → check → publish, with a ledger that balances.

Every step takes a batch id, may be repeated, and leaves its state in the hub's own tables. Airflow orders the steps and
retries them; `hub run` does the same without it.
"""
