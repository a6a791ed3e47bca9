"""Networks at work: model files and their cards, and rotations through them. The only place with onnxruntime."""
