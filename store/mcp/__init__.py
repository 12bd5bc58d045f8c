"""An MCP server: read-only tools with which assistants ask the database (https://modelcontextprotocol.io)."""
