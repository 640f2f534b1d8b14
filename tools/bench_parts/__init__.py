"""What `tools/bench` is made of, but for the clients, which run in environments of their own."""
