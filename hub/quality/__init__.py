"""What is wrong with a record or a batch: rules that prove themselves, the batch suite, and reports without values."""
