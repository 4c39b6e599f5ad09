"""How the states of a machine form while its network is trained."""
