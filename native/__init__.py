"""dlib, compiled for the processor it runs on: built, held against the one in use, and put in its place.

`python -m native build` compiles a wheel and prints its path; `python -m native install` puts it into this Python
environment if it finds the same faces, faster. Neither needs anything else of Kanta.
"""
