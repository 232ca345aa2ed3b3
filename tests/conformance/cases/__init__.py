"""One declaration for each register."""
