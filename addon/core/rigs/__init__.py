"""Rigs: the characters that animators have, and how their bones correspond to the models' joints."""
