"""api: deals, the promises behind them, and what is read of them."""

MODULES = ("acts", "routes", "details", "history", "notices", "agenda", "funnel")
PATHS = ("deals", "agenda", "funnel")
