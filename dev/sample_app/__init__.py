"""The app that is guarded in the local stack: a wedding's timeline, in good and bad versions."""
