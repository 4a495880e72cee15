"""The mapping of a supplier: models, loading with line numbers, and the schema for editors."""
