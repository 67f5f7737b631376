"""The VPN client: adapter, addresses, connecting and reconnecting."""
