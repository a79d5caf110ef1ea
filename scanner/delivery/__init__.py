"""What a scan hands over to photogrammetry: images under the names that a program expects, and all it wants to know."""
