"""Has a stack of its own, which ends with the last of its tests: to idle costs it a twentieth of a core."""
