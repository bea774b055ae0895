"""What this control plane needs in the platform, set up by one command."""
