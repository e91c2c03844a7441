package redis_test

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/redis"
)

// It has no output to check, for it needs a server.
func ExampleNew() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client := goredis.NewUniversalClient(&goredis.UniversalOptions{Addrs: []string{"127.0.0.1:6379"}})
	defer func() { _ = client.Close() }()

	store, err := redis.New(client, redis.WithPrefix("shop"))
	if err != nil {
		fmt.Println(err)
		return
	}
	records, err := store.Write(ctx, []ledger.Change{{
		Key:    ledger.Key{0x4b, 0xf9},
		Append: []byte("cart."),
		Lease:  30 * time.Minute,
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", records[0].Log)
}

func ExampleWithPrefix() {
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:6379"}) // connects when it is used
	defer func() { _ = client.Close() }()

	_, err := redis.New(client, redis.WithPrefix("{shop}"))
	fmt.Println(err)
	// Output:
	// redis store: WithPrefix("{shop}"): a prefix is 1 to 64 bytes of printable UTF-8 without braces and spaces
}
