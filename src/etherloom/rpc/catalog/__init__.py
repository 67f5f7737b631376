"""Every administration call, described once, one noun a file."""
