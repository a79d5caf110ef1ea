"""Fusing the slices of a stack into one image: arrays in, arrays out."""
