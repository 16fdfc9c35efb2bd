"""Ethereum: the only package that talks to a node, signs, or knows the contract's ABI."""
