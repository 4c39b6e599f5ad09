"""What all scores together say: comparisons, differences, claims."""
