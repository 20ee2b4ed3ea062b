"""The networks, run by ONNX Runtime: dlib's own ResNet, and BlazeFace as the detector."""
