"""Real programs that the tests play with: each is found, started, waited for and ended here.

Nothing is imitated in this package; a program that is absent skips its test, or fails it where
`BOLTSEAL_REQUIRE_PEERS=1` demands all of them. `.ci/peers` puts them in place.
"""
