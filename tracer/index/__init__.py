"""The mirror: follow the chain into SQL, exactly."""
