"""How fast it is, side by side with stock: `python -m bench` (make bench)."""
