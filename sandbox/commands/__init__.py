"""The commands of the sandbox: `sandbox serve` and `sandbox weights`."""
