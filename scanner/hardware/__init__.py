"""How the rig moves and sees: blocking drivers behind the protocols of `scanner.hardware.protocols`."""
