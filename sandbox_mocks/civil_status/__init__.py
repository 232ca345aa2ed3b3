"""The twin of the shared electronic civil-status software of the Ministry of Justice."""
