"""testing: the proof kit, for users as much as for tinygrad_edu's own tests."""
