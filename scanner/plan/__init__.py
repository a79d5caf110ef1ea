"""What to capture: frozen data that knows no hardware and no clock."""
