"""Tables: what every column of every table is, said once; the writer holds each table to it."""
