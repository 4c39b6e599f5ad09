"""Networks that somebody uses, out of published packages: one module for each.

A module has `load(path)`, which reads the weights that `tasks.fetch` took out of the package,
`empty()`, the same network without them, and `make(name, ...)`, the task that it is asked. Of a
network that reads in both directions, both take `backward`, and `load` returns one half of it (see
`recurrence.halves`); `whole(path)` returns all of it. `config.wild.WILD` has the list.

No code of a package is run. Each network is rebuilt from its weights, and tests compare it with
what the package itself answered (`tests/wild/answers.json` says how that was recorded).
"""
