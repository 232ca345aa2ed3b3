"""Twin of the national population database: SOAP 1.1 behind an X-Road security server."""
