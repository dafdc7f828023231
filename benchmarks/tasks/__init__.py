"""tasks: one file a task; in it one function a contender, which returns the step to time."""
