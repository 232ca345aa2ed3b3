"""Pages for people. So far: the validation reports."""
