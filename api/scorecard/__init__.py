"""api: scorecard."""
