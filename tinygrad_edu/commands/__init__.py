"""commands: what `tinygrad-edu` can do for people who have not written code yet."""
