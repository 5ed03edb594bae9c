"""What a NIC does with a packet: the input of its hash, the table entry, the queue."""
