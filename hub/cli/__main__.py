"""Lets `python -m hub.cli` do what `hub` does."""

from hub.cli import main

main()
