"""A new plugin as a folder: a whole distribution that installs, trains and passes its tests."""
