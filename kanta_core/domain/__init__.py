"""The words of Kanta as plain values, and the rules that need nothing else."""
