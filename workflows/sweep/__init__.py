"""workflows: finding what should not exist, and setting it right."""
