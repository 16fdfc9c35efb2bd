"""Files from outside: judged before anything parses them, parsed where that can do no harm."""
