"""What leaves Kanta as a file: asked for, written part by part, swept when its day is over."""
