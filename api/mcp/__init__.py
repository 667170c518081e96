"""api: reads and acts as tools of the Model Context Protocol. Off unless `SALESLOOP_MCP=on`; docs/mcp.md."""
