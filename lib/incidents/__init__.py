"""Incident reports: what happened in a rollback, told from what is stored of it."""
