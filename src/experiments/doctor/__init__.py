"""What a killed or starved DVC leaves in a repository: each file finds one kind and mends it."""
