"""Real workers, web servers, brokers and databases that are killed, doubled and taken away; asserted on rows."""
