"""Compression of keyed motion with a bound on the error: an action in, a `.mmz` file out, and back. NumPy alone.

`whole` takes and gives actions, `plan` decides what of one goes where, `archive` is the file, of which `recording` says
what it holds, and `chunks`, `header` and `keys` are its bytes. `block` codes a run of keys, in the steps `curves`,
`lattice`, `coefficients` and `coder`, from motion to bits; `turns` and `between` are what keys play beside rotations.
"""
