"""What the national systems send, and what the hub means by it: wire models, the canonical record, identifier types."""
