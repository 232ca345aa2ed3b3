"""The exchange: who may ask what about whom, the answer from the store, and the log that proves it."""
