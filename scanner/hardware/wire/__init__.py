"""Serial dialects as pure encode and decode, without I/O."""
