"""The `tracer` command: one file for each noun; parses arguments, prints, and decides nothing."""
