"""api: deals, the promises behind them, and what is read of them."""

MODULES = ("acts", "routes", "history", "agenda", "funnel")
PATHS = ("deals", "agenda", "funnel")
