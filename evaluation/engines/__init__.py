"""The engines that run models: transformers here, a server of models, or Inspect."""
