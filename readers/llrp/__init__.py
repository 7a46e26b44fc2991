"""LLRP, the protocol of UHF readers: codec, driver, and a simulated reader."""
