"""What stands behind the ports: one file, or one folder, a technology."""
