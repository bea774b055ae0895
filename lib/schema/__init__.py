"""The app's database, back to what older code runs on and forward again, without losing a value."""
