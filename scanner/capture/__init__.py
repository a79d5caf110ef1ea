"""Running a plan on a rig."""
