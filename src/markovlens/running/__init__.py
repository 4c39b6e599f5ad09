"""What lies around a run: resuming, presence, fingerprints, provenance, cost."""
