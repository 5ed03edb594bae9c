"""Which keys and tables of those that are right: by spread, then by preferences; how many there are."""
