"""Automatic rollback: requests become a verdict, and a verdict that holds a rollback."""
