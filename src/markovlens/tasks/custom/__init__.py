"""Your own data as a task: files of rows or symbols that the config describes."""
