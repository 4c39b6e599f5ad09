"""Records of results: what each was made of, by digest, and whether it comes out again."""
