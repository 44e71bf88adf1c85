"""What may fail is made to fail: processes are killed, databases stopped, relays hung. Whatever was acknowledged has its effect once."""
