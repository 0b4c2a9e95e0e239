"""A real inference server (llama.cpp) with a small model, on 127.0.0.1: serve.py MODEL PORT."""

import sys
import threading

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
# Small, so that a call of some minutes does not fit.
parameters.n_ctx = 3072
parameters.n_parallel = 1
# Between two batches the server notices that nobody waits for an answer any more.
parameters.n_batch = 256
parameters.n_ubatch = 256
# The same answers each time, as far as a processor computes the same.
parameters.sampling.seed = 7
server = xllamacpp.Server(parameters)
print("listening", flush=True)
threading.Event().wait()
