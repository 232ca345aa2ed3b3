"""Twin of the national business-registration database: REST behind an LGSP of VNPT's kind."""
