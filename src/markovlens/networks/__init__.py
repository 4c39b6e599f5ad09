"""Networks: trained here from a few cells, or loaded with weights of their own."""
