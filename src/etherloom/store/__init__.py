"""The durable side of the state: the ordered log of changes."""
