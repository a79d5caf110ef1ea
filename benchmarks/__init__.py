"""Quality and speed, measured; run as `python -m benchmarks.stack`."""
