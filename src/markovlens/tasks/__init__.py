"""Tasks: what networks are trained on or judged by. `TASKS` maps each name to its maker."""
