"""Streams of scans as people make them: of genuine tins, and of codes that were copied."""
