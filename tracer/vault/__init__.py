"""Confidential papers: encrypted at rest, opened by grants, erased by destroying keys."""
