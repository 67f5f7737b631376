"""Who are you: one authenticator interface, one file a way of proving it."""
