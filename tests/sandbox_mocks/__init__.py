"""Tests of the twins: the country behind them, their protocols and their faults."""
