"""The words of the wire between edge, gateway and server. Pure: no I/O, no clock."""
