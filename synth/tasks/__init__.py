"""Tasks: one file each, the function's name is the task's."""
