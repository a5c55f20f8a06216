"""Text to speech: from a text with a contact's values to a file that Asterisk plays."""
