"""The known sets of images: what they hold, where they come from, under which terms. Data alone."""
