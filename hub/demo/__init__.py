"""A demonstration that checks itself: it plays the dossier system and compares each answer with the twin's truth."""
