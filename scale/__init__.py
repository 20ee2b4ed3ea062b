"""How big, how dear: a model of Kanta's flow, fed by measured service times. Beside Kanta, not part of it.

`python -m scale` prints the tables of docs/scale.md, `python -m scale.measure` measures this machine, and
`python -m scale.compare` holds the model against the local stack.

service_times  what each step takes, as measured        gatherings   who brings how many photos when
sizes          replicas, processes, database            region       what a cloud adds: waits and delays, assumed
queueing       queues and servers                       replicas     replicas that come and go with the queue
people         when an event is reclustered             flow         all of it, put together and run
outcome        what came of a run                       limits       where each part is full
prices         what it costs                            local        the dev host's machine instead of a cloud
compared       how far off it was                      document     docs/scale.md
"""
