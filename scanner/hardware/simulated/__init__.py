"""A rig made of software: a product part, used by the demo, the docs and the tests."""
