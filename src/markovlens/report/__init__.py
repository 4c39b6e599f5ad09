"""The report: one page that says what was found, with every table and figure of a run in reach."""
