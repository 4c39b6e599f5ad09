"""Files: where everything lies, and that each is whole or not there."""
