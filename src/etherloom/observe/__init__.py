"""What an operator sees: logs. Decides nothing and keeps no state of the server."""
