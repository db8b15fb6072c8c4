"""Files from servers, and files out of archives: neither is trusted."""
