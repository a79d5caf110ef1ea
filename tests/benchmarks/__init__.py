"""The benchmarks measure truly."""
