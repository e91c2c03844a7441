package sqlarchive_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/journey"
)

// The archive is behind a spool. Events wait on the disk while the database is away.
func Example() {
	folder, err := os.MkdirTemp("", "example") // a service uses a permanent directory
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
	spool, err := exporters.NewSpool(filepath.Join(folder, "spool"), archive) // owns the archive
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	client, err := cx.New(cx.WithExporters(spool), cx.WithClock(func() time.Time { return at }))
	if err != nil {
		fmt.Println(err)
		return
	}
	checkout := journey.Define("checkout")
	cart := checkout.Start(cx.NewContext(ctx, client), "cart-42", event.Customer{})
	checkout.Complete(cart)
	if err := client.Flush(ctx); err != nil { // on the spool's disk
		fmt.Println(err)
	}
	if err := spool.Drain(ctx); err != nil { // in the archive; without Drain, delivery continues at the next start
		fmt.Println(err)
	}
	if err := client.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}

	db, err := sql.Open("sqlite", path) // or sqlite3 archive.db
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	var run, outcome, week string
	if err := db.QueryRow("SELECT run, outcome, week FROM journeys").Scan(&run, &outcome, &week); err != nil {
		fmt.Println(err)
	}
	fmt.Println(run, outcome, week)
	// Output: cart-42 completed 2026-04-13
}

func ExampleOpenPostgres() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	archive, err := sqlarchive.OpenPostgres(os.Getenv("ARCHIVE_URL"), // postgres://shop@db/shop
		sqlarchive.WithSchema("cx"),
		sqlarchive.WithRetention(3*365*24*time.Hour))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer archive.Shutdown(ctx)
	// Ping is optional. It returns the error that every Export would return, and the service can start in spite of it.
	if err := archive.Ping(ctx); err != nil {
		fmt.Println("the archive is not there yet:", err)
	}
}

func ExampleArchive_Ping() {
	ctx := context.Background()
	archive, err := sqlarchive.OpenPostgres("postgres://shop:secret@127.0.0.1:1/shop") // no server listens here
	if err != nil {
		fmt.Println(err)
		return
	}
	defer archive.Shutdown(ctx)
	err = archive.Ping(ctx)
	fmt.Println(err != nil, sink.IsPermanent(err), strings.Contains(err.Error(), "secret"))
	// Output: true false false
}

func ExampleOpenSQLite() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	archive, err := sqlarchive.OpenSQLite(filepath.Join(folder, "archive.db"), sqlarchive.WithMaxBytes(1<<30))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(archive.Ping(ctx), archive.Shutdown(ctx))
	// Output: <nil> <nil>
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
