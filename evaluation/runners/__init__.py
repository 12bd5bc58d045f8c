"""Running models: lm-evaluation-harness says what is asked and how answers count, the models are run by ourselves.

Everything that needs torch, transformers, peft or lm-eval is imported when it is used; without the extra `eval` a
runner raises evaluation.errors.MissingExtra.
"""
