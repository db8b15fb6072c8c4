"""Images: reading and writing, colour, and MATLAB-exact resizing."""
