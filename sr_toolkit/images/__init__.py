"""Pictures: reading and writing files, BT.601 luma, and MATLAB's bicubic resizing."""
