// Package redis keeps journeys in Redis, so that several instances of several services share them and
// they outlive each of them: a [ledger.Store] on Redis 7 or later, alone, with Sentinel or as a cluster.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs}) // go-redis
//	store, err := cairnredis.New(client)                                       // this package
//	...
//	cx.New(cx.WithStore(store))
//
// # The keys
//
// There are 16 partitions, each in one hash slot, and a run is in the one of the first hexadecimal digit
// of its ID, which is its trace ID. With the default prefix, for the run 4bf92f3577b34da6a3ce929d0e0e4736:
//
//	{cairn:4}:run:4bf92f3577b34da6a3ce929d0e0e4736   a string: the record
//	{cairn:4}:run:due                                a sorted set: IDs by when they are due, in microseconds since 1970
//	{cairn:4}:run:customers                          a sorted set: "length:customer:ID" of live runs, in the order of bytes
//	{cairn:4}:run:places                             a hash: how many live runs are at "length:journey:stage"
//	{cairn:counter}:run                              a string: who counts at present; it expires with the lease
//
// The lengths are those of the customer and of the journey's name. A record begins with L (live) or C
// (closed), eight bytes of when it is due and twice two of lengths; customer, place and log follow. So
// with redis-cli, on a cluster with -c:
//
//	GETRANGE {cairn:4}:run:4bf92f3577b34da6a3ce929d0e0e4736 0 0    is it live?
//	PTTL {cairn:4}:run:4bf92f3577b34da6a3ce929d0e0e4736            how long is a closed one kept?
//	ZCOUNT {cairn:4}:run:due -inf 1798761600000000                 how much is due by then?
//	HGETALL {cairn:4}:run:places                                   where are they?
//
// A live record never expires. Do not delete keys by hand: the run is forgotten, and its place is counted for ever.
//
// # What the server has to be like
//
// Memory: on Redis 7.0 a live run takes about 360 bytes with a log of 64 bytes and 570 with a customer of
// 32; with a log of 256 bytes that was appended to thrice 830; a closed run with 60 bytes 250. Plan for a
// kilobyte a live run, and multiply the closed ones by how long they are kept.
//
// Eviction: maxmemory-policy has to be noeviction, which is Redis's default. Any other policy removes runs
// that are live; one that is full says so in an error, and still closes and forgets by [Store.Forget].
//
// Persistence: without it, a restart forgets every journey. With appendonly yes and appendfsync everysec,
// Redis's default then, a machine that loses power loses up to the last second, and so does a failover to
// a replica. A run whose last events are lost lacks stages, and may lack its end; a run that was closed in that second is live
// again, and ends a second time (its events have the IDs that they had). With appendfsync always the server keeps what Write has
// acknowledged, and each round trip takes a write of the disk.
// Snapshots alone (save) lose all since the last one.
//
// Forgetting: a record that has expired is gone from memory and from every answer, and on disk it is
// gone when the file is next rewritten. Have BGREWRITEAOF or BGSAVE run daily.
//
// Rights: a user of its own needs these, and no more but for what the client wants (hello, client, ping,
// and on a cluster cluster|slots, cluster|shards and command):
//
//	ACL SETUSER cairn on >password ~{cairn:* +evalsha +eval +time +get +set +append +setrange +del
//	    +zadd +zrem +zrange +hincrby +hdel +hgetall
//
// Cluster: a table is on 16 nodes at most. While a slot moves to another node, Redis refuses scripts that
// speak of keys on both, with TRYAGAIN; such a Write fails and is made again by its caller. Leave the
// client's ReadOnly, RouteByLatency and RouteRandomly off: replicas are behind.
//
// # What a call costs
//
// A Write is one round trip, with a script for up to 64 changes of a partition. In it the most frequent change, an append to a run
// that exists and is due sooner, is a GET and an APPEND.
//
// The server does not make a change that arrives after the deadline of its context, because the server or the network stood
// still.
package redis
