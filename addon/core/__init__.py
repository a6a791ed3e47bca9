"""What motion is, in NumPy alone: nothing here imports bpy, onnxruntime or torch."""
