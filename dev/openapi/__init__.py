"""The OpenAPI document of the functions: `python -m dev.openapi` writes public/openapi.json."""
