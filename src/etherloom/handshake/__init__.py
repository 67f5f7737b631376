"""Pure machines of the native protocol, one phase per type. Time and nonces are arguments."""
