"""The registry: client, authentication, credentials and the one HTTP seam."""
