"""Gates: rules for models, read from a policy file and checked against facts."""
