"""The lookup API: routes, problem documents and the OpenAPI document around the exchange."""
