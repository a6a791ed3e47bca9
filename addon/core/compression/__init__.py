"""Compression of keyed motion with a bound on the error: an action in, a `.mmz` file out, and back. NumPy alone.

`archive` reads and writes the file, `plan` decides what of an action goes where; `block` codes a run of keys, and
`curves`, `lattice`, `coefficients` and `coder` are its steps, from motion to bits.
"""
