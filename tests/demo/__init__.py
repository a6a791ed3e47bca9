"""The demo: a real take, the tutorial's noise, every shipped model, and a picture of what each one does to it."""
