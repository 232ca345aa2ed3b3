"""The revisions, oldest first; released ones never change."""
