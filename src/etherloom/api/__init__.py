"""The server's HTTP face: calls as JSON-RPC under /api, served on the VPN's own ports."""
