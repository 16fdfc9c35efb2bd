"""What comes from outside as a file: judged before anything parses it, parsed where it can do no harm."""
