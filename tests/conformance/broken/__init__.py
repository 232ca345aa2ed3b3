"""A tiny register, a good connector to it, and for every check a connector with one thing wrong."""
