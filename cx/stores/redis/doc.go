// Package redis is a [ledger.Store] on Redis 7 or later: a single server, Sentinel or a cluster. Several instances of several
// services share the journeys in it, and the journeys outlive each instance.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs}) // go-redis
//	store, err := cairnredis.New(client)                                       // this package
//	...
//	cx.New(cx.WithStore(store))
//
// # The keys
//
// There are 16 partitions, each in one hash slot. The first hexadecimal digit of a run's ID, which is its trace ID, selects
// the partition. With the default prefix, the run 4bf92f3577b34da6a3ce929d0e0e4736 has these keys:
//
//	{cairn:4}:run:4bf92f3577b34da6a3ce929d0e0e4736   a string: the record
//	{cairn:4}:run:due                                a sorted set: IDs by due time, in microseconds since 1970
//	{cairn:4}:run:customers                          a sorted set: "length:customer:ID" of live runs, in byte order
//	{cairn:4}:run:places                             a hash: the number of live runs at "length:journey:stage"
//	{cairn:counter}:run                              a string: the instance that counts; it expires with the lease
//
// The records of a shelf ([Store.Shelf]) have the same keys in the same partitions, with shelf: and the shelf's name in place of
// run, such as {cairn:4}:shelf:tasks:due and {cairn:counter}:shelf:tasks. The user of the ACL below may use them.
//
// The lengths are those of the customer and of the journey's name. A record begins with L (live) or C (closed), eight bytes
// for the due time and two lengths of two bytes each. Customer, place and log follow. With redis-cli, on a cluster with -c:
//
//	GETRANGE {cairn:4}:run:4bf92f3577b34da6a3ce929d0e0e4736 0 0    Is the run live?
//	PTTL {cairn:4}:run:4bf92f3577b34da6a3ce929d0e0e4736            How long is a closed run kept?
//	ZCOUNT {cairn:4}:run:due -inf 1798761600000000                 How many runs are due by then?
//	HGETALL {cairn:4}:run:places                                   Where are the live runs?
//
// A live record never expires. Do not delete keys by hand: the store would forget the run, and would count its place for ever.
//
// # Requirements on the server
//
// Memory: on Redis 7.0 a live run takes about 360 bytes with a log of 64 bytes, and 570 with a customer of 32 bytes. With a log
// of 256 bytes after three appends it takes 830. A closed run of 60 bytes takes 250. Plan for one kilobyte for each live run,
// and for the closed runs of the whole retention time.
//
// Eviction: maxmemory-policy has to be noeviction, which is Redis's default. Any other policy removes live runs. A full server
// with noeviction returns errors, and [Store.Forget] still works.
//
// Persistence: without it, a restart forgets every journey. With appendonly yes and appendfsync everysec, Redis's default for
// append-only files, a power loss or a failover to a replica loses up to one second. A run that lost its last events lacks
// stages, and may lack its end. A run that was closed in that second is live again and ends a second time, with the same event
// IDs. A contact that was granted in that second may be granted again. With appendfsync always the server keeps every
// acknowledged Write, and each round trip waits for the disk; a failover still loses what the replica does not have yet. Snapshots
// alone (save) lose everything since the last snapshot.
//
// Forgetting: an expired record is gone from memory and from every answer. It is gone from the disk when Redis next rewrites
// the file. Run BGREWRITEAOF or BGSAVE daily.
//
// Rights: a dedicated user needs the commands below. The client itself also needs hello, client and ping, and on a cluster
// cluster|slots, cluster|shards and command.
//
//	ACL SETUSER cairn on >password ~{cairn:* +evalsha +eval +time +get +set +append +setrange +del
//	    +zadd +zrem +zrange +hincrby +hdel +hgetall
//
// Cluster: a table is on 16 nodes at most. While a slot moves to another node, Redis refuses scripts with keys on both nodes,
// with TRYAGAIN. Such a Write fails, and its caller repeats it. Leave the client's ReadOnly, RouteByLatency and RouteRandomly
// off, because replicas lag behind.
//
// # Cost of a call
//
// A Write is one round trip, with one script for up to 64 changes of a partition. The most frequent change, an append to a run
// that exists and is due sooner, is a GET and an APPEND in that script.
//
// The server rejects a change that arrives after the deadline of its context. This happens if the server or the network stood
// still.
package redis
