"""What the fork server loads once for all its workers: the mapper, and every mapping of a feed compiled."""

from __future__ import annotations

from hub.mapping import load_compiled
from hub.pipeline import mapper
from hub.pipeline.feeds import feed_names, find_feed

for _name in feed_names():
    load_compiled(find_feed(_name).mapping)

__all__ = ["mapper"]
