"""The end-to-end proof: from call paths to concrete keys and tables, without the inference."""
