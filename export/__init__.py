"""What leaves the house: networks as ONNX files with their cards, and the extension's zips."""
