"""The doctor, room by room."""
