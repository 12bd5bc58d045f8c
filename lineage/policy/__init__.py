"""Gates: rules that models have to keep, read from a policy file and held against facts."""
