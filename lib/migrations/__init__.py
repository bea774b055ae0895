"""Migrations: ours, applied by us; the app's, as releases bring them and as its ledger tells."""
