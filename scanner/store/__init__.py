"""What exists is what is on disk."""
