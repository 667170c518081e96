"""api: lead."""
