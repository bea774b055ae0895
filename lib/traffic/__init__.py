"""Evidence: the requests that the app's deployments answered, counted from the log drain."""
