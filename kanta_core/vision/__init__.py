"""Bytes → faces. The only room that knows Pillow, dlib and ONNX Runtime."""
