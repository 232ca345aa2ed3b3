"""What writes the files of a new register, and says what is left to fill in."""
