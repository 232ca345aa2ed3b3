"""Keys, sealing and digests: the only room that touches key material."""
