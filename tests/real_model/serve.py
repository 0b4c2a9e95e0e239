"""Runs an inference server (llama.cpp) with a small model on 127.0.0.1: serve.py MODEL PORT."""

import sys
import threading

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
# Small, so that a call of a few minutes exceeds it.
parameters.n_ctx = 3072
parameters.n_parallel = 1
# The server detects a closed connection only between two batches.
parameters.n_batch = 256
parameters.n_ubatch = 256
# A fixed seed gives the same answers, within floating-point differences between processors.
parameters.sampling.seed = 7
server = xllamacpp.Server(parameters)
print("listening", flush=True)
threading.Event().wait()
