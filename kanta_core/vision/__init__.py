"""Bytes → faces. The only room that knows Pillow and dlib."""
