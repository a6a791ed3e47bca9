"""The only room that reads or writes Blender's data: actions, armatures and the motion between them."""
