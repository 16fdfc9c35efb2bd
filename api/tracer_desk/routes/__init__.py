"""The desk's addresses; each finds out who asks, asks the policy, and answers."""
