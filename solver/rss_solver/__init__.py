"""The mathematics: hash, GF(2) algebra, key space, choice, verification, traffic."""
