package sqlarchive_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "archive.db")
	ctx := context.Background()

	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	// cx.WithExporters(exporters.NewRetry(archive)) gives it every event; here by hand.
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	cart := event.Journey{Name: "checkout", ID: "cart-42", Started: at}
	events := []event.Event{
		{ID: event.DeriveID(cart, "started"), Kind: event.JourneyStarted, Time: at, Journey: cart, Channel: event.Web},
		{ID: event.DeriveID(cart, "ended"), Kind: event.JourneyEnded, Time: at.Add(time.Minute), Duration: time.Minute, Journey: cart, Outcome: event.Completed},
	}
	for range 2 { // the second time they are there already
		if err := archive.Export(ctx, events); err != nil {
			fmt.Println(err)
		}
	}
	if err := archive.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}

	db, err := sql.Open("sqlite", path) // or sqlite3 archive.db
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	var run, outcome, week string
	var seconds float64
	if err := db.QueryRow("SELECT run, outcome, duration_seconds, week FROM journeys").Scan(&run, &outcome, &seconds, &week); err != nil {
		fmt.Println(err)
	}
	fmt.Println(run, outcome, seconds, week)
	// Output: cart-42 completed 60 2026-04-13
}

func ExampleOpenPostgres() {
	ctx := context.Background()
	archive, err := sqlarchive.OpenPostgres(ctx, os.Getenv("ARCHIVE_URL"), // postgres://shop@db/shop
		sqlarchive.WithSchema("cx"),
		sqlarchive.WithRetention(3*365*24*time.Hour))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer archive.Shutdown(ctx)
}

func ExampleArchive_Forget() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	archive, err := sqlarchive.OpenSQLite(filepath.Join(folder, "archive.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer archive.Shutdown(ctx)
	who := event.Customer{Hash: "9f86d081884c7d65"}
	err = archive.Export(ctx, []event.Event{{ID: event.NewID(time.Now()), Kind: event.TouchpointEnded, Time: time.Now(), Touchpoint: "pay", Customer: who}})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(archive.Forget(ctx, who.Hash))
	// Output: 1 <nil>
}
