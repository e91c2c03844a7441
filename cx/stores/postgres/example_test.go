package postgres_test

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
)

// There is no Output, for it needs a server.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	store, err := postgres.New(pool, postgres.WithSchema("cx"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := store.Migrate(ctx); err != nil { // or in the deployment, as another role
		fmt.Println(err)
		return
	}
	records, err := store.Write(ctx, []ledger.Change{{Key: ledger.Key{1}, Append: []byte("started")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", records[0].Log)
}

// Names are checked where the store is made: they go into SQL as they are.
func ExampleWithPrefix() {
	pool, err := pgxpool.New(context.Background(), "postgres://shop@localhost/shop") // does not connect
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	_, err = postgres.New(pool, postgres.WithPrefix("shop cx"))
	fmt.Println(err)
	// Output: postgres: WithPrefix("shop cx"): a name is 1 to 40 letters, digits and underscores, not a digit first
}
