"""As much of safetensors as the exported program uses."""
